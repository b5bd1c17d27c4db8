import { AftercallError } from '../../contracts/index.ts'
import type { Answer } from './server.ts'
import type { Settings } from './settings.ts'

/** What the server's answer to something signed over `url` means, and what to do about it. */
export function refusal(
  { publicUrl, server }: Settings,
  url: string,
  { status, text }: Pick<Answer, 'status' | 'text'>,
): AftercallError {
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
