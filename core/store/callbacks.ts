import type { Knex } from 'knex'
import { v7 as uuid } from 'uuid'
import type { Call } from '../contracts/index.ts'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { savePlan } from './plans.ts'
import { type RecordingNews, showEnding, showRecording, upsertRecording } from './recordings.ts'
import { jsonText } from './rows.ts'
import { insertRun, type PlanReference } from './runs.ts'

/** A recording callback, its SIDs checked by the door. */
export interface RecordingCallback extends RecordingNews {
  readonly accountSid: string
  readonly callSid: string
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
    const isNews = recording.status === status
    const starts = status === 'completed' && recording.run_id === null
    if (isNews) await showRecording(database, transaction, callId, callback, starts)
    await showEnding(database, transaction, callId)
    if (!starts) return { kind: 'stored' }
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

/** In the order in which a call goes through them; the last five are its ends. */
const CALL_STATUSES = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
]
const FIRST_END = CALL_STATUSES.indexOf('completed')

/** Commits what Twilio says of the call itself: numbers, direction, its own status. They come in any order. */
export function ingestStatus(database: Database, callback: StatusCallback): Promise<Ingested> {
  const { accountSid, callSid, callStatus, sequenceNumber, direction, from, to, durationSec, at } = callback
  return database.knex.transaction(async (transaction) => {
    const key = `status:${callSid}:${callStatus}:${sequenceNumber ?? ''}`
    if (!(await insertCallback(database, transaction, key, 'status', callSid, callback.payload))) {
      return { kind: 'repeated' }
    }
    const callId = await upsertCall(database, transaction, callSid, accountSid)
    const place = CALL_STATUSES.indexOf(callStatus)
    const isOver = place >= FIRST_END
    const earlier = ['', ...CALL_STATUSES.slice(0, isOver ? FIRST_END : Math.max(place, 0))]
    const startedAt = isOver ? before(at, durationSec) : at
    await rowsOf(
      database,
      `UPDATE call_log SET
         direction = COALESCE(direction, ?), from_number = COALESCE(from_number, ?), to_number = COALESCE(to_number, ?),
         duration_sec = COALESCE(?, duration_sec),
         call_status = CASE WHEN COALESCE(call_status, '') IN (${earlier.map(() => '?').join(', ')})
           THEN ? ELSE call_status END,
         started_at = CASE WHEN started_at IS NULL OR started_at > ? THEN ? ELSE started_at END,
         ended_at = COALESCE(ended_at, ?),
         business_id = COALESCE(business_id, (SELECT business_id FROM business_phone WHERE phone_e164 = ?)),
         updated_at = ${now(database)}
       WHERE id = ?`,
      [
        direction,
        from,
        to,
        durationSec,
        ...earlier,
        callStatus,
        startedAt,
        startedAt,
        isOver ? at : null,
        direction?.startsWith('outbound') ? from : to,
        callId,
      ],
      transaction,
    )
    await showEnding(database, transaction, callId)
    return { kind: 'stored' }
  })
}

/** The moment that lies so many seconds before: when a call began of which only the end is told. */
function before(at: string | null, seconds: number | null): string | null {
  return at === null || seconds === null ? null : new Date(Date.parse(at) - seconds * 1000).toISOString()
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
