import { HandshakeRefused, streamCall } from '../../../sandbox/twilio/index.ts'
import { AftercallError, thrownMessage } from '../../contracts/index.ts'
import { refusal } from './refusal.ts'
import type { Settings } from './settings.ts'

const PATH = '/twilio/stream'

/** Streams the audio of a call as fast as the server takes it. Throws where the server refuses it. */
export async function sendStream(
  settings: Settings,
  { callSid, audio }: { readonly callSid: string; readonly audio: Buffer },
): Promise<void> {
  const { server, publicUrl, accountSid, authToken } = settings
  const url = `${publicUrl ?? server}${PATH}`
  const at = `${server}${PATH}`
  const { code, reason } = await streamCall({ url, at, accountSid, authToken, callSid, wav: audio }).catch(
    (error: unknown) => {
      throw whyNotStreamed(settings, url, error)
    },
  )
  if (code === 1000) return
  throw new AftercallError(`the server closed the media stream with ${code}: ${reason}`, { code: 'bad-request' })
}

function whyNotStreamed(settings: Settings, url: string, error: unknown): AftercallError {
  if (error instanceof HandshakeRefused) return refusal(settings, url, { status: error.status, text: error.body })
  if (error instanceof RangeError) {
    return new AftercallError(`the recording cannot be streamed: ${error.message}`, {
      code: 'bad-request',
      remedy: 'Convert it: `ffmpeg -i FILE -ar 8000 -c:a pcm_mulaw call.wav`.',
    })
  }
  return new AftercallError(`the media stream broke off: ${thrownMessage(error)}`, {
    code: 'server-unreachable',
    cause: error,
  })
}
