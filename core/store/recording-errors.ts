/**
 * What Twilio's error code of a recording says, in a sentence: https://www.twilio.com/docs/api/errors
 */
const SENTENCES: Readonly<Record<string, string>> = {
  '16101': 'The recording was too short to be kept: the call ended just as it was answered.',
  '16102': 'The recording was silent, and this account at Twilio keeps no silent recordings.',
  '16105': 'Recordings are encrypted in this account at Twilio, and there is no valid public key: nothing was kept.',
  '16107': 'The recording was encrypted with another public key than the one that is set at Twilio.',
  '16109': 'The recording could not be encrypted at Twilio, and was not kept.',
}

const WITHOUT_CODE = {
  absent: 'Twilio has no recording of this call.',
  failed: 'The recording failed at Twilio.',
} as const

/** What `error_message` says of a recording; null where nothing is wrong with it. */
export function recordingError(status: string, code: string | null): string | null {
  if (status !== 'absent' && status !== 'failed') return null
  if (code === null) return WITHOUT_CODE[status]
  return SENTENCES[code] ?? `${WITHOUT_CODE[status]} See https://www.twilio.com/docs/api/errors/${code}`
}
