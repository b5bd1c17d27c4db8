import { recordingCallback } from '../ingress/recording-callback.ts'
import { statusCallback } from '../ingress/status-callback.ts'
import type { RecordingCallback } from '../store/recording-callbacks.ts'
import type { StatusCallback } from '../store/status-callbacks.ts'
import type { Resource } from '../twilio-api/recordings.ts'

/** A status of the REST API as callbacks have it; `deleted` is none. */
const STATUS: Readonly<Record<string, RecordingCallback['status']>> = {
  'in-progress': 'in-progress',
  paused: 'in-progress',
  stopped: 'in-progress',
  processing: 'in-progress',
  completed: 'completed',
  absent: 'absent',
  failed: 'failed',
}

/** How a listed recording stands, in the words of callbacks; undefined where there is nothing to know of it. */
export function statusOf(recording: Resource): RecordingCallback['status'] | undefined {
  return STATUS[recording['status'] ?? '']
}

/**
 * The callback that Twilio would have sent of this recording, read by the rules of the door. Throws `bad-request`
 * where a SID is none: recordings of conferences have no call.
 */
export function asRecordingCallback(recording: Resource): RecordingCallback {
  const status = statusOf(recording)
  return recordingCallback(
    formOf({
      AccountSid: recording['account_sid'],
      CallSid: recording['call_sid'],
      RecordingSid: recording['sid'],
      RecordingStatus: status,
      RecordingDuration: status === 'completed' ? recording['duration'] : undefined,
      RecordingChannels: recording['channels'],
      RecordingStartTime: recording['start_time'],
      RecordingSource: recording['source'],
      ErrorCode: recording['error_code'],
    }),
  )
}

/** The status callback that Twilio would have sent of this call last. */
export function asStatusCallback(call: Resource): StatusCallback {
  return statusCallback(
    formOf({
      AccountSid: call['account_sid'],
      CallSid: call['sid'],
      CallStatus: call['status'],
      Direction: call['direction'],
      From: call['from'],
      To: call['to'],
      CallDuration: call['end_time'] === undefined ? undefined : call['duration'],
      Timestamp: call['end_time'] ?? call['start_time'],
    }),
  )
}

function formOf(fields: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))
}
