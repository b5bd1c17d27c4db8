import type { Context } from 'koa'
import { AftercallError, errorRecord, type Logger } from '../contracts/index.ts'
import { readBody } from '../http/index.ts'
import type { Fields } from './field.ts'
import { type Form, parseForm, singleValues } from './form.ts'
import { type Refusal, refusalOf, type Signer } from './signature.ts'

/** Far above any form of Twilio's. */
const LARGEST_FORM = 64 * 1024

/**
 * The callback in a request that Twilio has signed. Each that is refused leaves one line in the log: why, the URL that
 * was checked, and what to do, so that the commonest fault of a setup is solved in one look.
 */
export async function signedCallback<Callback>(
  context: Context,
  { logger, ...signer }: Signer & { readonly logger: Logger },
  read: (fields: Fields) => Callback,
): Promise<Callback> {
  const url = `${signer.publicUrl ?? ''}${context.originalUrl}`
  const refuse = (reason: string, remedy: string) => logger.warn({ reason, url, remedy }, 'Refused a callback')
  let form: Form
  try {
    form = parseForm(await readBody(context, 'application/x-www-form-urlencoded', LARGEST_FORM))
  } catch (error) {
    const { message, remedy } = errorRecord(error)
    refuse(message, remedy)
    throw error
  }
  const signatures = context.req.headersDistinct['x-twilio-signature'] ?? []
  const refusal = refusalOf({ target: context.originalUrl, signatures, form }, signer)
  if (refusal !== undefined) {
    refuse(refusal, REMEDIES[refusal])
    throw new AftercallError('the request is not signed as Twilio signs', { code: 'signature-refused' })
  }
  try {
    return read(singleValues(form))
  } catch (error) {
    const { message, remedy } = errorRecord(error)
    refuse(message, remedy)
    throw error
  }
}

const REMEDIES: Readonly<Record<Refusal, string>> = {
  'PUBLIC_URL is not set': 'Set PUBLIC_URL to the https address that Twilio calls, and start again.',
  'TWILIO_AUTH_TOKEN is not set': 'Set TWILIO_AUTH_TOKEN to the auth token in the Twilio console, and start again.',
  'the signature header is missing':
    'If this was Twilio, let the proxy pass the header X-Twilio-Signature on. If it was not, nothing is wrong.',
  'the signature header came twice': 'If this was Twilio, let the proxy add no X-Twilio-Signature of its own.',
  'the signature does not match':
    'Compare url with the address at Twilio, letter by letter: PUBLIC_URL must be its beginning. If they are the same, TWILIO_AUTH_TOKEN is that of another account, or an old one. `aftercall doctor` checks both.',
}
