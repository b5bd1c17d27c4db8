import { CALL_STATUSES } from '../../store/call-statuses.ts'
import type { VoiceCallback } from '../../store/voice-callbacks.ts'
import { type Fields, party, sid, text, word } from '../field.ts'

/** The question what to do with a call: https://www.twilio.com/docs/voice/twiml#request-parameters */
export function voiceCallback(fields: Fields): VoiceCallback {
  return {
    accountSid: sid(fields, 'AccountSid', 'AC'),
    callSid: sid(fields, 'CallSid', 'CA'),
    callStatus: word(fields, 'CallStatus', CALL_STATUSES),
    direction: text(fields, 'Direction'),
    from: party(fields, 'From'),
    to: party(fields, 'To'),
    payload: fields,
  }
}
