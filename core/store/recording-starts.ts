import type { Knex } from 'knex'
import { CALL_ENDS_SQL } from './call-statuses.ts'
import { fromNow, now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { showEnding } from './recordings.ts'

/** What is to record a call: our TwiML (`dial`, `start`, `record`), or a request when it is answered. */
export type RecordingAsk = 'dial' | 'start' | 'record' | 'rest'

/** A recording that is to be started by a request to Twilio. */
export interface DueRecording {
  readonly callSid: string
  readonly accountSid: string | null
  /** This one included. */
  readonly attempts: number
}

/** How long who has made a recording due has it for itself, before a sweep tries it again. */
const LEASE_MS = 30_000

/** A recording that has begun, or more. */
const isRecorded = (callId: string) =>
  `EXISTS (SELECT 1 FROM recording WHERE recording.call_id = ${callId} AND recording.source = 'twilio'
     AND recording.status IN ('in-progress', 'completed'))`

/**
 * Notes what is to record the call. False where something has been asked for before, and where a request would come
 * too late: the call is recorded already, or over.
 */
export async function askRecording(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
  ask: RecordingAsk,
): Promise<boolean> {
  const rows = await rowsOf(
    database,
    `INSERT INTO recording_start (call_id, asked_by, state, due_at, created_at)
     SELECT id, ?, ?, ${ask === 'rest' ? fromNow(database, String(LEASE_MS)) : 'NULL'}, ${now(database)} FROM call_log
     WHERE id = ? AND ${
       ask === 'rest'
         ? `COALESCE(call_status, '') NOT IN (${CALL_ENDS_SQL})
            AND NOT ${isRecorded('call_log.id')}`
         : 'true'
     }
     ON CONFLICT (call_id) DO NOTHING RETURNING call_id`,
    [ask, ask === 'rest' ? 'due' : 'asked', callId],
    transaction,
  )
  return rows.length > 0
}

/** The call is over: what has not been started by now never is. */
export async function closeRecordingStart(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
): Promise<void> {
  await rowsOf(
    database,
    `UPDATE recording_start SET state = 'over' WHERE call_id = ? AND state = 'due' RETURNING call_id`,
    [callId],
    transaction,
  )
}

/** Takes those that are due for this process alone, until the next time they are due. */
export async function claimDueRecordings(database: Database): Promise<readonly DueRecording[]> {
  await rowsOf(
    database,
    `UPDATE recording_start SET state = 'started' WHERE state = 'due' AND ${isRecorded('recording_start.call_id')}
     RETURNING call_id`,
  )
  const rows = await rowsOf<{ call_id: string; attempts: number }>(
    database,
    `UPDATE recording_start SET attempts = attempts + 1, due_at = ${fromNow(database, String(LEASE_MS))}
     WHERE state = 'due' AND due_at <= ${now(database)} RETURNING call_id, attempts`,
  )
  const calls = await database
    .knex('call_log')
    .select<{ id: string; call_sid: string; account_sid: string | null }[]>('id', 'call_sid', 'account_sid')
    .whereIn(
      'id',
      rows.map(({ call_id }) => call_id),
    )
  return calls.map(({ id, call_sid, account_sid }) => ({
    callSid: call_sid,
    accountSid: account_sid,
    attempts: 1 + (rows.find(({ call_id }) => call_id === id)?.attempts ?? 0),
  }))
}

/** How a due recording has ended: it was started; it cannot be any more; Twilio will not. */
export async function settleDueRecording(
  database: Database,
  callSid: string,
  state: 'started' | 'over' | 'refused',
): Promise<void> {
  const [call] = await database.knex('call_log').select<{ id: string }[]>('id').where('call_sid', callSid)
  if (call !== undefined) await settle(database, call.id, 'due', state)
}

/**
 * Calls that were to be recorded by our TwiML, have been over for `graceMs`, and of whose recording nothing was heard:
 * nobody has answered, say. They have no recording. Should one come after all, it is taken as any other.
 */
export async function closeUnrecorded(database: Database, graceMs: number): Promise<number> {
  const calls = await rowsOf<{ id: string }>(
    database,
    `SELECT call_log.id FROM recording_start JOIN call_log ON call_log.id = recording_start.call_id
     WHERE recording_start.state = 'asked' AND call_log.call_status = 'completed'
       AND call_log.updated_at < ${fromNow(database, '-CAST(? AS double precision)')}`,
    [graceMs],
  )
  for (const { id } of calls) await settle(database, id, 'asked', 'over')
  return calls.length
}

/** Locks the call first, as callbacks do: two that lock in another order would wait for each other. */
function settle(database: Database, callId: string, from: 'asked' | 'due', to: string): Promise<void> {
  return database.knex.transaction(async (transaction) => {
    await rowsOf(database, 'UPDATE call_log SET call_sid = call_sid WHERE id = ? RETURNING id', [callId], transaction)
    const settled = await rowsOf(
      database,
      'UPDATE recording_start SET state = ? WHERE call_id = ? AND state = ? RETURNING call_id',
      [to, callId, from],
      transaction,
    )
    if (settled.length > 0) await showEnding(database, transaction, callId)
  })
}
