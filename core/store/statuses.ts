import type { Knex } from 'knex'
import { CALL_ENDS, CALL_STATUSES, FIRST_END } from './call-statuses.ts'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { insertCallback } from './insert-callback.ts'
import { askRecording, closeRecordingStart, type RecordingAsk } from './recording-starts.ts'
import { showEnding } from './recordings.ts'
import { waitFromNow } from './streams.ts'
import { upsertCall } from './upsert-call.ts'
import { businessOfCall, type VoiceBusiness } from './voice-business.ts'

/** Who called whom, as far as Twilio says it. */
export interface Parties {
  readonly direction: string | null
  readonly from: string | null
  readonly to: string | null
}

/** A call status callback. */
export interface StatusCallback extends Parties {
  readonly accountSid: string
  readonly callSid: string
  /** The call that has made this one (`<Dial>`): then this is a leg of that one, and no call of its own. */
  readonly parentCallSid: string | null
  /** Twilio's word: initiated, ringing, in-progress, completed, busy, no-answer, canceled, failed. */
  readonly callStatus: string
  readonly sequenceNumber: number | null
  readonly durationSec: number | null
  /** When it happened, ISO-8601 UTC, where Twilio said it. */
  readonly at: string | null
  readonly payload: Readonly<Record<string, string>>
}

/** The question what to do with a call. */
export interface VoiceCallback extends Parties {
  readonly accountSid: string
  readonly callSid: string
  readonly callStatus: string
  readonly payload: Readonly<Record<string, string>>
}

/** `due`: a recording is to be started now, by whoever has ingested this. */
export type IngestedStatus =
  | { readonly kind: 'repeated' }
  | { readonly kind: 'stored'; readonly recording: 'due' | 'not-due' }

/**
 * Commits what Twilio says of the call itself: numbers, direction, its own status. They come in any order. With
 * `record`, the first that says that the call was answered makes a recording due, once.
 */
export function ingestStatus(
  database: Database,
  callback: StatusCallback,
  onAnswer: 'record' | 'leave' = 'leave',
): Promise<IngestedStatus> {
  const { accountSid, callSid, parentCallSid, callStatus, sequenceNumber, payload } = callback
  const isOver = CALL_ENDS.includes(callStatus)
  return database.knex.transaction(async (transaction) => {
    const key = `status:${callSid}:${callStatus}:${sequenceNumber ?? ''}`
    const kind = parentCallSid === null ? 'status' : 'leg'
    const of = parentCallSid ?? callSid
    const row = { key, kind, callSid: of, payload, callStatus, sequenceNumber } as const
    if (!(await insertCallback(database, transaction, row))) return { kind: 'repeated' }
    const callId = await upsertCall(database, transaction, of, accountSid)
    if (kind === 'status') {
      await updateParties(database, transaction, callId, callback)
      await updateTimes(database, transaction, callId, callback, isOver)
      await updateStatus(database, transaction, callId)
      if (isOver) {
        await waitFromNow(database, transaction, callId)
        await closeRecordingStart(database, transaction, callId)
      }
    }
    const isAnswer = onAnswer === 'record' && callStatus === 'in-progress'
    const isDue = isAnswer && (await askRecording(database, transaction, callId, 'rest'))
    await showEnding(database, transaction, callId)
    return { kind: 'stored', recording: isDue ? 'due' : 'not-due' }
  })
}

/**
 * Commits that Twilio asked what to do with a call, and what is going to record it by our answer. Returns the
 * business that is called, also where Twilio asks again.
 */
export function ingestVoice(
  database: Database,
  callback: VoiceCallback,
  asks: (business: VoiceBusiness | null) => Exclude<RecordingAsk, 'rest'> | null,
): Promise<VoiceBusiness | null> {
  const { accountSid, callSid, callStatus, payload } = callback
  return database.knex.transaction(async (transaction) => {
    const row = { key: `voice:${callSid}`, kind: 'voice', callSid, payload, callStatus } as const
    const isNew = await insertCallback(database, transaction, row)
    const callId = await upsertCall(database, transaction, callSid, accountSid)
    if (isNew) await updateParties(database, transaction, callId, callback)
    if (isNew) await updateStatus(database, transaction, callId)
    const business = await businessOfCall(database, transaction, callId)
    const ask = asks(business)
    if (isNew && ask !== null) await askRecording(database, transaction, callId, ask)
    if (isNew) await showEnding(database, transaction, callId)
    return business
  })
}

/** What all callbacks of a call say alike: the first to say it is believed. */
async function updateParties(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
  { direction, from, to }: Parties,
): Promise<void> {
  await rowsOf(
    database,
    `UPDATE call_log SET direction = COALESCE(direction, ?), from_number = COALESCE(from_number, ?),
       to_number = COALESCE(to_number, ?),
       business_id = COALESCE(business_id, (SELECT business_id FROM business_phone WHERE phone_e164 = ?)),
       updated_at = ${now(database)}
     WHERE id = ?`,
    [direction, from, to, direction?.startsWith('outbound') ? from : to, callId],
    transaction,
  )
}

/** Began: the earliest that is told; ended, and lasted: the latest and longest. So it is the same in any order. */
async function updateTimes(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
  { at, durationSec }: StatusCallback,
  isOver: boolean,
): Promise<void> {
  const startedAt = isOver ? before(at, durationSec) : at
  const endedAt = isOver ? at : null
  await rowsOf(
    database,
    `UPDATE call_log SET
       duration_sec = CASE WHEN duration_sec IS NULL OR duration_sec < ? THEN ? ELSE duration_sec END,
       started_at = CASE WHEN started_at IS NULL OR started_at > ? THEN ? ELSE started_at END,
       ended_at = CASE WHEN ended_at IS NULL OR ended_at < ? THEN ? ELSE ended_at END
     WHERE id = ?`,
    [durationSec, durationSec, startedAt, startedAt, endedAt, endedAt, callId],
    transaction,
  )
}

/** The moment that lies so many seconds before: when a call began of which only the end is told. */
function before(at: string | null, seconds: number | null): string | null {
  return at === null || seconds === null ? null : new Date(Date.parse(at) - seconds * 1000).toISOString()
}

/**
 * The furthest of all statuses that have been told: an end before any other, then by Twilio's sequence, then as calls
 * go. Read from the callbacks, and not from what the row said before, so that the order of arrival has no part in it.
 */
async function updateStatus(database: Database, transaction: Knex.Transaction, callId: string): Promise<void> {
  const place = `CASE callback.call_status ${CALL_STATUSES.map((word, index) => `WHEN '${word}' THEN ${index}`).join(' ')} ELSE -1 END`
  await rowsOf(
    database,
    `UPDATE call_log SET call_status = COALESCE((
       SELECT callback.call_status FROM callback
       WHERE callback.call_sid = call_log.call_sid AND callback.kind IN ('status', 'voice')
       ORDER BY CASE WHEN ${place} >= ${FIRST_END} THEN 1 ELSE 0 END DESC,
         COALESCE(callback.sequence_number, -1) DESC, ${place} DESC
       LIMIT 1), call_status)
     WHERE id = ?`,
    [callId],
    transaction,
  )
}
