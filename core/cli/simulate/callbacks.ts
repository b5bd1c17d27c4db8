import {
  type CallbackTarget,
  type RecordingCallback,
  type StatusCallback,
  sendRecordingCallback,
  sendStatusCallback,
  sendVoiceWebhook,
} from '../../../sandbox/twilio/index.ts'
import { refusal } from './refusal.ts'
import { answerOf, patience } from './server.ts'
import type { Settings } from './settings.ts'
import { sendStream } from './stream.ts'

/** A call as its callbacks tell of it. */
export interface SimulatedCall {
  readonly callSid: string
  readonly recordingSid: string
  readonly from: string
  readonly to: string
  readonly durationSec: number
  readonly channels: 1 | 2
  /** The WAV file. */
  readonly audio: Buffer
  /** `beside` a recording its audio is streamed live, too; or it is the `only` audio that there is of the call. */
  readonly stream?: 'beside' | 'only'
}

/** Everything that Twilio sends of a call that ends now, in the order in which it happens. Throws where one is refused. */
export async function sendCallbacks(settings: Settings, call: SimulatedCall): Promise<void> {
  const { callSid, recordingSid, durationSec, channels, from, to } = call
  const end = Date.now()
  const start = new Date(end - durationSec * 1_000)
  const status = (word: StatusCallback['status'], sequenceNumber: number, at: Date) =>
    send(settings, '/twilio/status', (target) =>
      sendStatusCallback(target, { callSid, status: word, from, to, durationSec, sequenceNumber, at }),
    )
  const recording = (word: RecordingCallback['status']) =>
    send(settings, '/twilio/recording', (target) =>
      sendRecordingCallback(target, { callSid, recordingSid, status: word, durationSec, channels, startedAt: start }),
    )
  await status('initiated', 0, start)
  await status('ringing', 1, start)
  await status('in-progress', 2, start)
  if (call.stream !== 'only') await recording('in-progress')
  if (call.stream !== undefined) await sendStream(settings, call)
  await status('completed', 3, new Date(end))
  await recording(call.stream === 'only' ? 'absent' : 'completed')
}

/** Asks, as Twilio does when a call comes in, what is to be done with it. Returns the TwiML. Throws where it is refused. */
export function askForTwiml(settings: Settings, { callSid, from, to }: SimulatedCall): Promise<string> {
  return send(settings, '/twilio/voice', (target) => sendVoiceWebhook(target, { callSid, from, to }))
}

async function send(
  settings: Settings,
  path: string,
  callback: (target: CallbackTarget) => Promise<Response>,
): Promise<string> {
  const { server, publicUrl, accountSid, authToken } = settings
  const url = `${publicUrl ?? server}${path}`
  const at = `${server}${path}`
  const answer = await answerOf(server, () => callback({ url, at, accountSid, authToken, signal: patience() }))
  if (!answer.ok) throw refusal(settings, url, answer)
  return answer.text
}
