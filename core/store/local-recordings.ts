import type { Call } from '../contracts/index.ts'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { savePlan } from './plans.ts'
import { insertRun, type PlanReference } from './runs.ts'
import { upsertCall } from './upsert-call.ts'

/** A recording on this machine that takes the place of a call. */
export interface LocalRecording {
  readonly callSid: string
  readonly recordingSid: string
  readonly source: Exclude<Call['source'], 'twilio'>
  /** Absolute path. */
  readonly file: string
}

/**
 * Makes a call of a local recording, and a run that `owner` holds from the start, so that the process that asked for
 * it also does it. The same file again is the same call with a new run.
 */
export function ingestLocal(
  database: Database,
  { callSid, recordingSid, source, file }: LocalRecording,
  plan: PlanReference,
  owner: string,
): Promise<string> {
  return database.knex.transaction(async (transaction) => {
    await savePlan(database, plan, transaction)
    const callId = await upsertCall(database, transaction, callSid, null)
    await rowsOf(
      database,
      `INSERT INTO recording (recording_sid, call_id, source, file, status, created_at)
       VALUES (?, ?, ?, ?, 'completed', ${now(database)})
       ON CONFLICT (recording_sid) DO UPDATE SET file = excluded.file`,
      [recordingSid, callId, source, file],
      transaction,
    )
    await rowsOf(
      database,
      `UPDATE call_log SET recording_sid = ?, recording_status = 'completed', status = 'processing',
         error_code = NULL, error_message = NULL WHERE id = ?`,
      [recordingSid, callId],
      transaction,
    )
    return insertRun(database, transaction, { callId, recordingSid, planHash: plan.hash, rerunOf: null, owner })
  })
}
