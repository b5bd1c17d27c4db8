import type { Knex } from 'knex'
import { v7 as uuid, validate } from 'uuid'
import { AftercallError } from '../contracts/index.ts'
import { fromNow, now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { savePlan } from './plans.ts'
import { parseJson } from './rows.ts'
import type { RunStatus, StageStatus } from './state.ts'

/** A plan, as far as the store needs to know it. */
export interface PlanReference {
  readonly hash: string
  readonly spec: unknown
}

/** Adds a run over a recording and makes it the one that the recording shows. Within the caller's transaction. */
export async function insertRun(
  database: Database,
  transaction: Knex.Transaction,
  run: {
    readonly callId: string
    readonly recordingSid: string
    readonly planHash: string
    readonly rerunOf: string | null
    /** A worker that holds the run from the start, so that no other takes it. */
    readonly owner: string | null
  },
): Promise<string> {
  const id = uuid()
  const stamp = now(database)
  await rowsOf(
    database,
    `INSERT INTO run (id, call_id, recording_sid, plan_hash, rerun_of, status, owner, epoch, claims, due_at, created_at, started_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ${run.owner === null ? stamp : 'NULL'}, ${stamp}, ${run.owner === null ? 'NULL' : stamp})`,
    [
      id,
      run.callId,
      run.recordingSid,
      run.planHash,
      run.rerunOf,
      run.owner === null ? 'queued' : 'running',
      run.owner,
      run.owner === null ? 0 : 1,
      run.owner === null ? 0 : 1,
    ],
    transaction,
  )
  // The run may store the recording anew.
  await rowsOf(
    database,
    'UPDATE recording SET run_id = ?, erased_at = NULL WHERE recording_sid = ?',
    [id, run.recordingSid],
    transaction,
  )
  return id
}

/** The latest run over a recording, as far as rerunning and cancelling need it. */
export interface RunSummary {
  readonly id: string
  readonly callId: string
  readonly recordingSid: string
  readonly status: RunStatus
  readonly outcome: string | null
  readonly planSpec: unknown
  readonly stages: readonly { readonly id: string; readonly status: StageStatus }[]
  /** The names of the artifacts, by the stages that have one. */
  readonly produced: ReadonlyMap<string, string>
}

/** The run that a call shows: that of its current recording, or of the recording that is named. */
export async function latestRun(
  database: Database,
  callSid: string,
  recordingSid?: string,
): Promise<RunSummary | undefined> {
  const [row] = await rowsOf<{
    id: string
    call_id: string
    recording_sid: string
    status: RunStatus
    outcome: string | null
    spec: unknown
  }>(
    database,
    `SELECT run.id, run.call_id, run.recording_sid, run.status, run.outcome, plan.spec
     FROM call_log JOIN recording ON recording.call_id = call_log.id
       AND recording.recording_sid = COALESCE(?, call_log.recording_sid)
     JOIN run ON run.id = recording.run_id JOIN plan ON plan.hash = run.plan_hash
     WHERE call_log.call_sid = ?`,
    [recordingSid ?? null, callSid],
  )
  if (row === undefined) return undefined
  const stages = await rowsOf<{ stage_id: string; status: StageStatus }>(
    database,
    'SELECT stage_id, status FROM run_stage WHERE run_id = ?',
    [row.id],
  )
  const produced = await rowsOf<{ stage_id: string; name: string }>(
    database,
    'SELECT stage_id, name FROM artifact WHERE run_id = ?',
    [row.id],
  )
  return {
    id: row.id,
    callId: row.call_id,
    recordingSid: row.recording_sid,
    status: row.status,
    outcome: row.outcome,
    planSpec: parseJson(row.spec),
    stages: stages.map(({ stage_id, status }) => ({ id: stage_id, status })),
    produced: new Map(produced.map(({ stage_id, name }) => [stage_id, name])),
  }
}

/**
 * Starts a new run over the recording of `earlier`, which takes over the stages `takeOver` with their artifacts. Throws `conflict`
 * where another run has been started meanwhile.
 */
export async function startRerun(
  database: Database,
  earlier: RunSummary,
  plan: PlanReference,
  takeOver: readonly string[],
): Promise<string> {
  const stamp = now(database)
  return database.knex.transaction(async (transaction) => {
    await savePlan(database, plan, transaction)
    const [current] = await rowsOf(
      database,
      'UPDATE recording SET run_id = run_id WHERE recording_sid = ? AND run_id = ? RETURNING recording_sid',
      [earlier.recordingSid, earlier.id],
      transaction,
    )
    if (current === undefined)
      throw new AftercallError('another rerun of this recording was started just now', { code: 'conflict' })
    const id = await insertRun(database, transaction, {
      callId: earlier.callId,
      recordingSid: earlier.recordingSid,
      planHash: plan.hash,
      rerunOf: earlier.id,
      owner: null,
    })
    if (takeOver.length > 0) {
      const marks = takeOver.map(() => '?').join(', ')
      await rowsOf(
        database,
        `INSERT INTO run_stage (run_id, stage_id, phase, status, driver, driver_attempts, attempts, reason, error, started_at, finished_at)
         SELECT ${uuidParameter(database)}, stage_id, phase, status, driver, driver_attempts, attempts, reason, error, started_at, finished_at
         FROM run_stage
         WHERE run_id = ? AND stage_id IN (${marks})`,
        [id, earlier.id, ...takeOver],
        transaction,
      )
      await rowsOf(
        database,
        `INSERT INTO artifact (run_id, stage_id, name, value, created_at)
         SELECT ${uuidParameter(database)}, stage_id, name, value, created_at FROM artifact
         WHERE run_id = ? AND stage_id IN (${marks})`,
        [id, earlier.id, ...takeOver],
        transaction,
      )
    }
    await rowsOf(
      database,
      `UPDATE call_log SET status = 'recorded', error_code = NULL, error_message = NULL, updated_at = ${stamp}
       WHERE id = ? AND recording_sid = ?`,
      [earlier.callId, earlier.recordingSid],
      transaction,
    )
    return id
  })
}

function uuidParameter(database: Database): string {
  return database.kind === 'postgres' ? 'CAST(? AS uuid)' : '?'
}

/**
 * Asks for the run to be cancelled: whoever holds it, or takes it next, decides the outcome. False where it has one.
 */
export async function requestCancel(database: Database, runId: string, reason: string): Promise<boolean> {
  const stamp = now(database)
  const rows = await rowsOf(
    database,
    `UPDATE run SET cancel_requested = ?,
       due_at = CASE WHEN status IN ('queued', 'waiting') THEN ${stamp} ELSE due_at END
     WHERE id = ? AND outcome IS NULL RETURNING id`,
    [reason, runId],
  )
  return rows.length > 0
}

/** The calls whose runs have failed within the last `sinceMs` milliseconds, oldest first. */
export async function failedCalls(database: Database, sinceMs: number): Promise<readonly string[]> {
  const rows = await rowsOf<{ call_sid: string }>(
    database,
    `SELECT call_log.call_sid FROM call_log JOIN recording ON recording.recording_sid = call_log.recording_sid
     JOIN run ON run.id = recording.run_id
     WHERE run.outcome = 'failed' AND run.decided_at > ${fromNow(database, '-CAST(? AS double precision)')} ORDER BY run.decided_at`,
    [sinceMs],
  )
  return rows.map(({ call_sid }) => call_sid)
}

/** Whether runs are held by a worker, and whether their outcome is decided. Ids that are no runs are missing. */
export async function standingOf(
  database: Database,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, { readonly isHeld: boolean; readonly isDecided: boolean }>> {
  const ids = runIds.filter((id) => validate(id))
  if (ids.length === 0) return new Map()
  const rows: { id: string; owner: string | null; outcome: string | null }[] = await database
    .knex('run')
    .select('id', 'owner', 'outcome')
    .whereIn('id', ids)
  return new Map(rows.map(({ id, owner, outcome }) => [id, { isHeld: owner !== null, isDecided: outcome !== null }]))
}
