import type { Knex } from 'knex'
import { type Database, rowsOf } from './database.ts'

/**
 * Twilio's words for how a call stands, in the order in which a call goes through them; the last five are its ends.
 * https://www.twilio.com/docs/voice/api/call-resource#call-status-values
 */
export const CALL_STATUSES = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
] as const

const FIRST_END = CALL_STATUSES.indexOf('completed')

/** The words for a call that is over. */
export const CALL_ENDS: readonly string[] = CALL_STATUSES.slice(FIRST_END)

/** `CALL_ENDS` as a list in SQL. */
export const CALL_ENDS_SQL = CALL_ENDS.map((word) => `'${word}'`).join(', ')

/**
 * The furthest of all statuses that have been told: an end before any other, then by Twilio's sequence, then as calls
 * go. Read from the callbacks, and not from what the row said before, so that the order of arrival has no part in it.
 */
export async function updateCallStatus(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
): Promise<void> {
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
