import type { Knex } from 'knex'
import { type Parties, updateParties } from './call-parties.ts'
import { CALL_ENDS, updateCallStatus } from './call-statuses.ts'
import { type Database, rowsOf } from './database.ts'
import { insertCallback } from './insert-callback.ts'
import { askRecording, closeRecordingStart } from './recording-starts.ts'
import { showEnding } from './recordings.ts'
import { waitFromNow } from './streams.ts'
import { upsertCall } from './upsert-call.ts'

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
      await updateCallStatus(database, transaction, callId)
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
