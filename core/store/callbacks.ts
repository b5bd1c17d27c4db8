import type { Knex } from 'knex'
import { v7 as uuid } from 'uuid'
import type { Call } from '../contracts/index.ts'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { savePlan } from './plans.ts'
import { jsonText } from './rows.ts'
import { insertRun, type PlanReference } from './runs.ts'

/** A recording callback, its SIDs checked by the door. */
export interface RecordingCallback {
  readonly accountSid: string
  readonly callSid: string
  readonly recordingSid: string
  readonly status: 'in-progress' | 'completed' | 'absent' | 'failed'
  readonly durationSec: number | null
  readonly channels: number | null
  /** ISO-8601 UTC. */
  readonly startedAt: string | null
  readonly errorCode: string | null
  /** The whole form. */
  readonly payload: Readonly<Record<string, string>>
}

/** A call status callback. */
export interface StatusCallback {
  readonly accountSid: string
  readonly callSid: string
  /** Twilio's word: initiated, ringing, in-progress, completed, busy, failed, no-answer, canceled. */
  readonly callStatus: string
  readonly sequenceNumber: number | null
  readonly direction: string | null
  readonly from: string | null
  readonly to: string | null
  readonly durationSec: number | null
  /** When it happened, ISO-8601 UTC, where Twilio said it. */
  readonly at: string | null
  readonly payload: Readonly<Record<string, string>>
}

/** What a callback did. A repetition does nothing, and is acknowledged like the first. */
export type Ingested =
  | { readonly kind: 'repeated' }
  | { readonly kind: 'stored' }
  | { readonly kind: 'started'; readonly runId: string }

/** A recording on this machine that takes the place of a call. */
export interface LocalRecording {
  readonly callSid: string
  readonly recordingSid: string
  readonly source: Exclude<Call['source'], 'twilio'>
  /** Absolute path. */
  readonly file: string
}

/** Commits callback, call and, when a recording is complete, its run: all or nothing. */
export function ingestRecording(
  database: Database,
  callback: RecordingCallback,
  plan: PlanReference,
): Promise<Ingested> {
  const { accountSid, callSid, recordingSid, status } = callback
  return database.knex.transaction(async (transaction) => {
    const key = `recording:${accountSid}:${recordingSid}:${status}`
    if (!(await insertCallback(database, transaction, key, 'recording', callSid, callback.payload))) {
      return { kind: 'repeated' }
    }
    const callId = await upsertCall(database, transaction, callSid, accountSid)
    const recording = await upsertRecording(database, transaction, callId, callback)
    await showRecording(database, transaction, callId, callback, recording.run_id === null)
    if (status !== 'completed' || recording.run_id !== null) return { kind: 'stored' }
    await savePlan(database, plan, transaction)
    const runId = await insertRun(database, transaction, {
      callId,
      recordingSid,
      planHash: plan.hash,
      rerunOf: null,
      owner: null,
    })
    return { kind: 'started', runId }
  })
}

async function insertCallback(
  database: Database,
  transaction: Knex.Transaction,
  key: string,
  kind: string,
  callSid: string,
  payload: unknown,
): Promise<boolean> {
  const rows = await rowsOf(
    database,
    `INSERT INTO callback (id, dedup_key, kind, call_sid, payload, received_at)
     VALUES (?, ?, ?, ?, ?, ${now(database)}) ON CONFLICT (dedup_key) DO NOTHING RETURNING id`,
    [uuid(), key, kind, callSid, jsonText(payload)],
    transaction,
  )
  return rows.length > 0
}

/** The call's row, made where a callback is the first that we hear of the call. Locks it until the commit. */
async function upsertCall(
  database: Database,
  transaction: Knex.Transaction,
  callSid: string,
  accountSid: string | null,
): Promise<string> {
  const stamp = now(database)
  const [row] = await rowsOf<{ id: string }>(
    database,
    `INSERT INTO call_log (id, call_sid, account_sid, status, created_at, updated_at)
     VALUES (?, ?, ?, 'received', ${stamp}, ${stamp})
     ON CONFLICT (call_sid) DO UPDATE SET
       account_sid = COALESCE(call_log.account_sid, excluded.account_sid), updated_at = excluded.updated_at
     RETURNING id`,
    [uuid(), callSid, accountSid],
    transaction,
  )
  if (row === undefined) throw new Error('an upsert returned no row')
  return row.id
}

async function upsertRecording(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
  callback: RecordingCallback,
): Promise<{ readonly run_id: string | null }> {
  const { recordingSid, status, channels, durationSec, errorCode, startedAt } = callback
  const [row] = await rowsOf<{ run_id: string | null }>(
    database,
    `INSERT INTO recording (recording_sid, call_id, source, status, channels, duration_sec, error_code, started_at, created_at)
     VALUES (?, ?, 'twilio', ?, ?, ?, ?, ?, ${now(database)})
     ON CONFLICT (recording_sid) DO UPDATE SET
       status = CASE WHEN recording.status = 'completed' THEN recording.status ELSE excluded.status END,
       channels = COALESCE(excluded.channels, recording.channels),
       duration_sec = COALESCE(excluded.duration_sec, recording.duration_sec),
       error_code = COALESCE(excluded.error_code, recording.error_code),
       started_at = COALESCE(recording.started_at, excluded.started_at)
     RETURNING run_id`,
    [recordingSid, callId, status, channels, durationSec, errorCode, startedAt],
    transaction,
  )
  return row ?? { run_id: null }
}

/**
 * Makes a completed recording the one that the call shows, unless the one it shows began later (where both say when
 * they began; else the latest arrival wins). Another status is shown only while the call shows no completed one.
 */
async function showRecording(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
  { recordingSid, status, durationSec, channels, errorCode }: RecordingCallback,
  isNew: boolean,
): Promise<void> {
  const completed = status === 'completed'
  await rowsOf(
    database,
    `UPDATE call_log SET recording_sid = ?, recording_status = ?, recording_duration_sec = ?, recording_channels = ?,
       error_code = ?, updated_at = ${now(database)}${completed && isNew ? ", status = 'recorded'" : ''}
     WHERE id = ? AND ${
       completed
         ? `NOT EXISTS (SELECT 1 FROM recording shown JOIN recording arrived ON arrived.recording_sid = ?
              WHERE shown.recording_sid = call_log.recording_sid AND shown.recording_sid <> arrived.recording_sid
                AND shown.status = 'completed' AND shown.started_at > arrived.started_at)`
         : `(recording_status IS NULL OR recording_status <> 'completed') AND CAST(? AS text) IS NOT NULL`
     }`,
    [recordingSid, status, durationSec, channels, errorCode, callId, recordingSid],
    transaction,
  )
}

const OVER = ['completed', 'busy', 'failed', 'no-answer', 'canceled']

/** Commits what Twilio says of the call itself: numbers, direction, its own status. */
export function ingestStatus(database: Database, callback: StatusCallback): Promise<Ingested> {
  const { accountSid, callSid, callStatus, sequenceNumber, direction, from, to, durationSec, at } = callback
  return database.knex.transaction(async (transaction) => {
    const key = `status:${callSid}:${callStatus}:${sequenceNumber ?? ''}`
    if (!(await insertCallback(database, transaction, key, 'status', callSid, callback.payload))) {
      return { kind: 'repeated' }
    }
    const callId = await upsertCall(database, transaction, callSid, accountSid)
    const over = OVER.includes(callStatus)
    await rowsOf(
      database,
      `UPDATE call_log SET
         direction = COALESCE(direction, ?), from_number = COALESCE(from_number, ?), to_number = COALESCE(to_number, ?),
         duration_sec = COALESCE(?, duration_sec),
         call_status = CASE WHEN call_status IN (${OVER.map(() => '?').join(', ')}) THEN call_status ELSE ? END,
         started_at = ${over ? 'started_at' : 'COALESCE(started_at, ?)'},
         ended_at = ${over ? 'COALESCE(ended_at, ?)' : 'ended_at'},
         business_id = COALESCE(business_id, (SELECT business_id FROM business_phone WHERE phone_e164 = ?)),
         updated_at = ${now(database)}
       WHERE id = ?`,
      [
        direction,
        from,
        to,
        durationSec,
        ...OVER,
        callStatus,
        at,
        direction?.startsWith('outbound') ? from : to,
        callId,
      ],
      transaction,
    )
    return { kind: 'stored' }
  })
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
