import type { Knex } from 'knex'
import type { Call, Outcome, StageUsage } from '../contracts/index.ts'
import { CALL_SELECT, type CallRow, callOf } from './call-artifact.ts'
import type { Hold } from './checkpoint.ts'
import { fromNow, isoTime, now, type Stamp, untilStamp } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { errorOf } from './error-record.ts'
import { parseJson } from './rows.ts'
import type { StageState, StoredArtifact } from './state.ts'
import { usageOf } from './usage.ts'

/** A run as a worker gets it: everything that is needed to go on with it. */
export interface ClaimedRun {
  readonly hold: Hold
  readonly callId: string
  readonly call: Call
  readonly planHash: string
  /** Claims since something was last finished, this one included. */
  readonly claims: number
  readonly cancelRequested: string | null
  readonly outcome: Outcome | null
  readonly decidedAt: string | null
  readonly stages: readonly StageState[]
  readonly artifacts: readonly StoredArtifact[]
  readonly usage: Readonly<Record<string, StageUsage>>
}

/** Takes up to `limit` runs that are due, for this worker alone. */
export async function claimRuns(database: Database, workerId: string, limit: number): Promise<readonly ClaimedRun[]> {
  const due = `SELECT id FROM run WHERE status IN ('queued', 'waiting') AND due_at <= ${now(database)} ORDER BY due_at LIMIT ?`
  const held = await database.knex.transaction(async (transaction) => {
    // An array is made once. Postgres may run a subquery of IN once per row, and would then take more than the limit.
    const rows = await rowsOf<{ id: string; epoch: number }>(
      database,
      `UPDATE run SET owner = ?, epoch = epoch + 1, claims = claims + 1, status = 'running', due_at = NULL,
         started_at = COALESCE(started_at, ${now(database)})
       WHERE ${database.kind === 'postgres' ? `id = ANY (ARRAY(${due} FOR UPDATE SKIP LOCKED))` : `id IN (${due})`}
       RETURNING id, epoch`,
      [workerId, limit],
      transaction,
    )
    if (rows.length > 0)
      await showProcessing(
        database,
        transaction,
        rows.map(({ id }) => id),
      )
    return rows.map(({ id, epoch }): Hold => ({ runId: id, epoch, owner: workerId }))
  })
  return loadRuns(database, held)
}

async function showProcessing(
  database: Database,
  transaction: Knex.Transaction,
  ids: readonly string[],
): Promise<void> {
  await rowsOf(
    database,
    `UPDATE call_log SET status = 'processing', updated_at = ${now(database)}
     WHERE status IN ('received', 'recorded') AND id IN (
       SELECT run.call_id FROM run JOIN recording ON recording.run_id = run.id
       WHERE run.outcome IS NULL AND recording.recording_sid = call_log.recording_sid
         AND run.id IN (${ids.map(() => '?').join(', ')}))`,
    ids,
    transaction,
  )
}

interface RunRow extends CallRow {
  readonly run_id: string
  readonly call_id: string
  readonly plan_hash: string
  readonly claims: number
  readonly cancel_requested: string | null
  readonly outcome: Outcome['status'] | null
  readonly run_reason: string | null
  readonly run_error: unknown
  readonly decided_at: Stamp | null
}

/** Loads runs that this worker holds. One query per table, however many they are. */
export async function loadRuns(database: Database, holds: readonly Hold[]): Promise<readonly ClaimedRun[]> {
  if (holds.length === 0) return []
  const ids = holds.map(({ runId }) => runId)
  const marks = ids.map(() => '?').join(', ')
  const runs = await rowsOf<RunRow>(
    database,
    `SELECT run.id AS run_id, run.call_id, run.plan_hash, run.claims, run.cancel_requested, run.outcome,
       run.reason AS run_reason, run.error AS run_error, run.decided_at, ${CALL_SELECT}
     FROM run JOIN call_log ON call_log.id = run.call_id
       JOIN recording ON recording.recording_sid = run.recording_sid
       LEFT JOIN business ON business.id = call_log.business_id
     WHERE run.id IN (${marks})`,
    ids,
  )
  const stages = await stagesOf(database, ids)
  const artifacts = await artifactsOf(database, ids)
  const usage = await usageOf(database, ids)
  const byId = new Map(runs.map((row) => [row.run_id, row]))
  return holds.flatMap((hold) => {
    const row = byId.get(hold.runId)
    return row === undefined
      ? []
      : [
          {
            hold,
            callId: row.call_id,
            call: callOf(row),
            planHash: row.plan_hash,
            claims: row.claims,
            cancelRequested: row.cancel_requested,
            // What stands in these columns was an Outcome when it was written.
            outcome:
              row.outcome === null
                ? null
                : { status: row.outcome, reason: row.run_reason, error: parseJson(row.run_error) as Outcome['error'] },
            decidedAt: isoTime(row.decided_at),
            stages: stages.get(hold.runId) ?? [],
            artifacts: artifacts.get(hold.runId) ?? [],
            usage: usage.get(hold.runId) ?? {},
          },
        ]
  })
}

interface StageRow {
  readonly run_id: string
  readonly stage_id: string
  readonly phase: StageState['phase']
  readonly status: StageState['status']
  readonly driver: number
  readonly driver_attempts: number
  readonly attempts: number
  readonly settles: StageState['settles']
  readonly reason: string | null
  readonly error: unknown
  readonly due_in_ms: number | string | null
  readonly started_in_ms: number | string | null
  readonly finished_in_ms: number | string | null
}

async function stagesOf(database: Database, runIds: readonly string[]): Promise<Map<string, StageState[]>> {
  const rows = await rowsOf<StageRow>(
    database,
    `SELECT run_stage.*, ${untilStamp(database, 'due_at')} AS due_in_ms,
       ${untilStamp(database, 'started_at')} AS started_in_ms, ${untilStamp(database, 'finished_at')} AS finished_in_ms
     FROM run_stage WHERE run_id IN (${runIds.map(() => '?').join(', ')})`,
    runIds,
  )
  return grouped(
    rows,
    (row) => row.run_id,
    (row): StageState => ({
      id: row.stage_id,
      phase: row.phase,
      status: row.status,
      driver: row.driver,
      driverAttempts: row.driver_attempts,
      attempts: row.attempts,
      settles: row.settles,
      reason: row.reason,
      error: errorOf(row.error),
      dueInMs: row.due_in_ms === null ? null : Number(row.due_in_ms),
      startedMsAgo: row.started_in_ms === null ? null : -Number(row.started_in_ms),
      finishedMsAgo: row.finished_in_ms === null ? null : -Number(row.finished_in_ms),
    }),
  )
}

/** The artifacts of runs, by run. */
export async function artifactsOf(
  database: Database,
  runIds: readonly string[],
): Promise<Map<string, StoredArtifact[]>> {
  const rows = await rowsOf<{ run_id: string; stage_id: string; name: string; value: unknown }>(
    database,
    `SELECT run_id, stage_id, name, CAST(value AS text) AS value FROM artifact WHERE run_id IN (${runIds.map(() => '?').join(', ')})`,
    runIds,
  )
  return grouped(
    rows,
    (row) => row.run_id,
    (row) => ({ stage: row.stage_id, name: row.name, value: parseJson(row.value) }),
  )
}

function grouped<Row, Value>(
  rows: readonly Row[],
  key: (row: Row) => string,
  value: (row: Row) => Value,
): Map<string, Value[]> {
  const groups = new Map<string, Value[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group === undefined) groups.set(key(row), [value(row)])
    else group.push(value(row))
  }
  return groups
}

/** The runs that the worker holds, as the database knows it. */
export async function heldRuns(database: Database, workerId: string): Promise<readonly Hold[]> {
  const rows = await rowsOf<{ id: string; epoch: number }>(database, 'SELECT id, epoch FROM run WHERE owner = ?', [
    workerId,
  ])
  return rows.map(({ id, epoch }) => ({ runId: id, epoch, owner: workerId }))
}

/** Gives a run back that its worker does not execute, so that it is claimed again; false where it is gone. */
export async function returnRun(database: Database, hold: Hold, delayMs: number): Promise<boolean> {
  const rows = await rowsOf(
    database,
    `UPDATE run SET owner = NULL, status = 'queued', due_at = ${fromNow(database, 'CAST(? AS double precision)')}
     WHERE id = ? AND epoch = ? AND owner = ? RETURNING id`,
    [delayMs, hold.runId, hold.epoch, hold.owner],
  )
  return rows.length > 0
}

/** Milliseconds until the next run is due (0 or less: one is due now); null where none waits. */
export async function nextDueInMs(database: Database): Promise<number | null> {
  const [row] = await rowsOf<{ due_in_ms: number | string | null }>(
    database,
    `SELECT ${untilStamp(database, 'MIN(due_at)')} AS due_in_ms FROM run WHERE status IN ('queued', 'waiting')`,
  )
  return row === undefined || row.due_in_ms === null ? null : Number(row.due_in_ms)
}

/** Those of the worker's runs that somebody wants cancelled. */
export async function cancelRequests(
  database: Database,
  workerId: string,
): Promise<readonly { readonly runId: string; readonly reason: string }[]> {
  const rows = await rowsOf<{ id: string; cancel_requested: string }>(
    database,
    'SELECT id, cancel_requested FROM run WHERE owner = ? AND cancel_requested IS NOT NULL AND outcome IS NULL',
    [workerId],
  )
  return rows.map(({ id, cancel_requested }) => ({ runId: id, reason: cancel_requested }))
}
