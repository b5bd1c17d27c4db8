// The file itself, because twilio's main module takes ten times as long to load.
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js'
import type { Form } from './form.ts'

/** What the door knows of the party that signs. */
export interface Signer {
  /** The address that Twilio calls, without a trailing slash. */
  readonly publicUrl: string | undefined
  /** One, or two while rotating. */
  readonly authTokens: readonly string[]
}

/** A request, as far as its signature covers it. */
export interface SignedRequest {
  /** Path and query as they came. Never put together from forwarded headers, which anybody can send. */
  readonly target: string
  /** Each `X-Twilio-Signature` that came. */
  readonly signatures: readonly string[]
  readonly form: Form
}

export type Refusal =
  | 'PUBLIC_URL is not set'
  | 'TWILIO_AUTH_TOKEN is not set'
  | 'the signature header is missing'
  | 'the signature header came twice'
  | 'the signature does not match'

/**
 * Why a request is not Twilio's; undefined where it is. Every doubt is a refusal: an empty token would validate a
 * forgery, and a URL that cannot be parsed makes the library throw (both tested with twilio 6.2).
 */
export function refusalOf(request: SignedRequest, { publicUrl, authTokens }: Signer): Refusal | undefined {
  const tokens = authTokens.filter((token) => token !== '')
  const [signature, ...others] = request.signatures
  if (publicUrl === undefined || publicUrl === '') return 'PUBLIC_URL is not set'
  if (tokens.length === 0) return 'TWILIO_AUTH_TOKEN is not set'
  if (signature === undefined || signature === '') return 'the signature header is missing'
  if (others.length > 0) return 'the signature header came twice'
  const url = publicUrl + request.target
  return tokens.some((token) => isValid(token, signature, url, request.form))
    ? undefined
    : 'the signature does not match'
}

function isValid(token: string, signature: string, url: string, form: Form): boolean {
  try {
    return validateRequest(token, signature, url, form)
  } catch {
    return false
  }
}
