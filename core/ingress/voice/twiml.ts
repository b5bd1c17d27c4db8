// The file itself, because twilio's main module takes ten times as long to load.
import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js'
import type { Announcement } from '../../contracts/voice-settings.ts'
import { callbackUrl, socketUrl } from '../callback-url.ts'
import type { VoiceAnswer } from './answer.ts'

/** Twilio tells of completed recordings alone, unless it is asked for more. */
const RECORDING_EVENTS: ('in-progress' | 'completed' | 'absent')[] = ['in-progress', 'completed', 'absent']

/**
 * The answer in Twilio's words. Nothing is recorded or streamed before the announcement has been said.
 * https://www.twilio.com/docs/voice/twiml
 */
export function twimlOf({ announcement, handling, recording, stream }: VoiceAnswer, publicUrl: string): string {
  const response = new VoiceResponse()
  if (handling.kind === 'refuse') {
    response.reject({ reason: 'busy' })
    return response.toString()
  }
  const reports = {
    recordingStatusCallback: callbackUrl(publicUrl, '/twilio/recording'),
    recordingStatusCallbackEvent: RECORDING_EVENTS,
    recordingStatusCallbackMethod: 'POST',
    trim: 'do-not-trim',
  } as const
  if (announcement !== null) say(response, announcement)
  if (recording === 'start' && handling.kind !== 'record') {
    response.start().recording({ ...reports, channels: 'dual', track: 'both' })
  }
  if (stream) response.start().stream({ url: socketUrl(publicUrl, '/twilio/stream'), track: 'both_tracks' })
  if (handling.kind === 'dial') {
    const { to, timeoutSec, callerId } = handling
    const dial = response.dial({
      timeout: timeoutSec,
      ...(callerId === null ? {} : { callerId }),
      ...(recording === 'dial' ? { ...reports, record: 'record-from-answer-dual', recordingTrack: 'both' } : {}),
    })
    dial.number(recording === 'rest' ? answerReports(publicUrl) : {}, to)
  }
  if (handling.kind === 'record') {
    response.record({
      ...reports,
      maxLength: handling.maxLengthSec,
      playBeep: handling.beep,
      finishOnKey: handling.finishOnKey,
      // Without an address of its own, Twilio would ask for the answer to the call again, and record again.
      action: callbackUrl(publicUrl, RECORDED_ROUTE),
      method: 'POST',
    })
    // Where nothing was said, Twilio goes on here.
    response.hangup()
  }
  return response.toString()
}

const ROUTE = '/twilio/voice'
/** Where Twilio asks what to do after a message. */
const RECORDED_ROUTE = `${ROUTE}?after=record`

/** What comes after a message. */
export function twimlAfterMessage(): string {
  const response = new VoiceResponse()
  response.hangup()
  return response.toString()
}

/** The leg tells when it is answered: of an inbound call itself Twilio tells only the end. */
function answerReports(publicUrl: string) {
  return {
    statusCallback: callbackUrl(publicUrl, '/twilio/status'),
    statusCallbackEvent: ['answered' as const],
    statusCallbackMethod: 'POST',
  }
}

function say(response: VoiceResponse, { text, language, voice }: Announcement): void {
  // Not by `say`, whose types list the languages and voices of one day.
  response
    .addChild('Say', { ...(language === null ? {} : { language }), ...(voice === null ? {} : { voice }) })
    .addText(text)
}
