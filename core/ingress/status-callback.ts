import { CALL_STATUSES } from '../store/call-statuses.ts'
import type { StatusCallback } from '../store/status-callbacks.ts'
import { amount, type Fields, moment, party, sid, text, word } from './field.ts'

/**
 * A call status callback; of a leg that `<Dial>` has made, with the call that made it. `CallDuration` is in seconds;
 * `Duration`, which comes beside it, in minutes.
 * https://www.twilio.com/docs/voice/api/call-resource#statuscallback
 */
export function statusCallback(fields: Fields): StatusCallback {
  return {
    accountSid: sid(fields, 'AccountSid', 'AC'),
    callSid: sid(fields, 'CallSid', 'CA'),
    parentCallSid: text(fields, 'ParentCallSid') === null ? null : sid(fields, 'ParentCallSid', 'CA'),
    callStatus: word(fields, 'CallStatus', CALL_STATUSES),
    sequenceNumber: amount(fields, 'SequenceNumber'),
    direction: text(fields, 'Direction'),
    from: party(fields, 'From'),
    to: party(fields, 'To'),
    durationSec: amount(fields, 'CallDuration'),
    at: moment(fields, 'Timestamp'),
    payload: fields,
  }
}
