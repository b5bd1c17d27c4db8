import {
  type CallbackTarget,
  type RecordingCallback,
  type StatusCallback,
  sendRecordingCallback,
  sendStatusCallback,
} from '../../../sandbox/twilio/index.ts'
import { AftercallError } from '../../contracts/index.ts'
import { type Answer, answerOf, patience } from './server.ts'
import type { Settings } from './settings.ts'

/** A call as its callbacks tell of it. */
export interface SimulatedCall {
  readonly callSid: string
  readonly recordingSid: string
  readonly from: string
  readonly to: string
  readonly durationSec: number
  readonly channels: 1 | 2
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
  await recording('in-progress')
  await status('completed', 3, new Date(end))
  await recording('completed')
}

async function send(
  settings: Settings,
  path: string,
  callback: (target: CallbackTarget) => Promise<Response>,
): Promise<void> {
  const { server, publicUrl, accountSid, authToken } = settings
  const url = `${publicUrl ?? server}${path}`
  const at = `${server}${path}`
  const answer = await answerOf(server, () => callback({ url, at, accountSid, authToken, signal: patience() }))
  if (!answer.ok) throw refusal(settings, url, answer)
}

function refusal({ publicUrl, server }: Settings, url: string, { status, text }: Answer): AftercallError {
  if (status === 403) {
    return new AftercallError(`the server refused the signature of a callback, made over ${url}`, {
      code: 'signature-refused',
      remedy:
        publicUrl === undefined
          ? `PUBLIC_URL is not set. Put PUBLIC_URL=${server} into .env, and start the server again.`
          : 'PUBLIC_URL and TWILIO_AUTH_TOKEN must be the same here and where the server was started; its log says what it expects.',
    })
  }
  return new AftercallError(`the server answered a callback with HTTP ${status}: ${text.slice(0, 300)}`, {
    code: status === 503 ? 'database-unavailable' : 'bad-request',
  })
}
