import type { RecordingCallback } from '../store/recording-callbacks.ts'
import { amount, type Fields, moment, sid, text, word } from './field.ts'

const STATUSES = ['in-progress', 'completed', 'absent', 'failed'] as const

/**
 * A recording status callback. Only the SIDs and the status are in all of them: `<Record>` leaves out the start, and
 * RecordingDuration comes with `completed` alone.
 * https://www.twilio.com/docs/voice/api/recording#recordingstatuscallback
 */
export function recordingCallback(fields: Fields): RecordingCallback {
  return {
    accountSid: sid(fields, 'AccountSid', 'AC'),
    callSid: sid(fields, 'CallSid', 'CA'),
    recordingSid: sid(fields, 'RecordingSid', 'RE'),
    status: word(fields, 'RecordingStatus', STATUSES),
    durationSec: amount(fields, 'RecordingDuration'),
    channels: amount(fields, 'RecordingChannels'),
    startedAt: moment(fields, 'RecordingStartTime'),
    errorCode: errorCode(fields),
    payload: fields,
  }
}

/** Twilio's error code; a recording without a fault may carry 0. */
function errorCode(fields: Fields): string | null {
  const code = text(fields, 'ErrorCode')
  return code === '0' ? null : code
}
