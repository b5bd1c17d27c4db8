import { validate } from 'uuid'
import { AftercallError, type ErrorRecord } from '../contracts/index.ts'
import { isoTime, now, type Stamp } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { errorOf } from './error-record.ts'
import { parseJson } from './rows.ts'
import type { StageStatus } from './state.ts'

/** One event on its way to one endpoint: a final stage of a run, as people see it. */
export interface Delivery {
  /** `<run>.<stage>` */
  readonly id: string
  readonly call_sid: string
  readonly run_id: string
  readonly stage: string
  readonly outcome: string | null
  readonly status: StageStatus
  readonly attempts: number
  readonly reason: string | null
  readonly error: ErrorRecord | null
  readonly due_at: string | null
  readonly finished_at: string | null
  /** What the endpoint answered when it was delivered: the stage's artifact. */
  readonly receipt: unknown
}

export interface DeliveryQuery {
  /** At most 200. */
  readonly limit: number
  /** The id of the last delivery of the page before. */
  readonly before?: string
  readonly status?: StageStatus
}

interface DeliveryRow {
  readonly run_id: string
  readonly stage_id: string
  readonly call_sid: string
  readonly outcome: string | null
  readonly status: StageStatus
  readonly attempts: number
  readonly reason: string | null
  readonly error: unknown
  readonly due_at: Stamp | null
  readonly finished_at: Stamp | null
  readonly receipt: unknown
}

/** Deliveries, those of the latest runs first (run ids grow with time). */
export async function listDeliveries(
  database: Database,
  { limit, before, status }: DeliveryQuery,
): Promise<readonly Delivery[]> {
  const rows = await rowsOf<DeliveryRow>(
    database,
    `SELECT run_stage.*, call_log.call_sid, run.outcome, artifact.value AS receipt
     FROM run_stage JOIN run ON run.id = run_stage.run_id JOIN call_log ON call_log.id = run.call_id
       LEFT JOIN artifact ON artifact.run_id = run_stage.run_id AND artifact.stage_id = run_stage.stage_id
     WHERE run_stage.phase = 'final'
       ${status === undefined ? '' : 'AND run_stage.status = ?'}
       ${before === undefined ? '' : 'AND (run_stage.run_id, run_stage.stage_id) < (?, ?)'}
     ORDER BY run_stage.run_id DESC, run_stage.stage_id DESC LIMIT ?`,
    [
      ...(status === undefined ? [] : [status]),
      ...(before === undefined ? [] : [deliveryKey(before).runId, deliveryKey(before).stage]),
      limit,
    ],
  )
  return rows.map((row) => ({
    id: `${row.run_id}.${row.stage_id}`,
    call_sid: row.call_sid,
    run_id: row.run_id,
    stage: row.stage_id,
    outcome: row.outcome,
    status: row.status,
    attempts: row.attempts,
    reason: row.reason,
    error: errorOf(row.error),
    due_at: isoTime(row.due_at),
    finished_at: isoTime(row.finished_at),
    receipt: parseJson(row.receipt),
  }))
}

/**
 * Makes a delivery that failed or waits due at once. Throws `not-found`, or `conflict` where it is under way, done or
 * skipped, or where another worker holds the run.
 */
export async function retryDelivery(database: Database, id: string): Promise<void> {
  const { runId, stage } = deliveryKey(id)
  const stamp = now(database)
  await database.knex.transaction(async (transaction) => {
    const [run] = await rowsOf(
      database,
      `UPDATE run SET status = 'waiting', due_at = ${stamp}, settled_at = NULL
       WHERE id = ? AND owner IS NULL AND outcome IS NOT NULL RETURNING id`,
      [runId],
      transaction,
    )
    const [delivery] = await rowsOf(
      database,
      `UPDATE run_stage SET status = 'waiting', due_at = ${stamp}, error = NULL, finished_at = NULL,
         driver = CASE WHEN status = 'failed' THEN 0 ELSE driver END,
         driver_attempts = CASE WHEN status = 'failed' THEN 0 ELSE driver_attempts END
       WHERE run_id = ? AND stage_id = ? AND phase = 'final' AND status IN ('failed', 'waiting') RETURNING stage_id`,
      [runId, stage],
      transaction,
    )
    if (run !== undefined && delivery !== undefined) return
    const [known] = await rowsOf<{ status: string }>(
      database,
      `SELECT status FROM run_stage WHERE run_id = ? AND stage_id = ? AND phase = 'final'`,
      [runId, stage],
      transaction,
    )
    throw known === undefined
      ? new AftercallError(`there is no delivery ${id}`, { code: 'not-found' })
      : new AftercallError(`the delivery is ${known.status}, so it cannot be retried now`, { code: 'conflict' })
  })
}

function deliveryKey(id: string): { readonly runId: string; readonly stage: string } {
  const match = /^([0-9a-f-]{36})\.([a-z][a-z0-9-]*)$/.exec(id)
  if (match?.[1] === undefined || match[2] === undefined || !validate(match[1])) {
    throw new AftercallError('a delivery’s id is <run>.<stage>', { code: 'bad-request' })
  }
  return { runId: match[1], stage: match[2] }
}
