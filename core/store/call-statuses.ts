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

/** Where the ends begin in `CALL_STATUSES`. */
export const FIRST_END = CALL_STATUSES.indexOf('completed')

/** The words for a call that is over. */
export const CALL_ENDS: readonly string[] = CALL_STATUSES.slice(FIRST_END)

/** `CALL_ENDS` as a list in SQL. */
export const CALL_ENDS_SQL = CALL_ENDS.map((word) => `'${word}'`).join(', ')
