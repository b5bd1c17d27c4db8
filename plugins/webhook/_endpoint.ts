import { type Business, PermanentError } from 'aftercall'
import { Webhook } from 'standardwebhooks'

export interface Endpoint {
  readonly url: string
  /** For people and receipts: without query, credentials and fragment, any of which may hold a secret. */
  readonly shown: string
  readonly signer: Webhook
}

interface Destination {
  readonly url: string
  readonly secret: string
}

/**
 * Where the event of a call goes: its business's own address and secret win over the pipeline's. Undefined where nobody
 * named an address. Throws a PermanentError for one that cannot be used, or that has no usable secret.
 */
export function endpointOf(business: Business | null, option: Destination): Endpoint | undefined {
  const url = business?.webhookUrl || option.url
  if (url === '') return undefined
  const parsed = URL.parse(url)
  if (parsed === null || !PROTOCOLS.includes(parsed.protocol)) {
    throw new PermanentError('the webhook’s address does not begin with https:// or http://', {
      code: 'bad-configuration',
      remedy: 'Correct WEBHOOK_URL (or `url` of the stage, or the business’s): https://example.com/hook, say.',
    })
  }
  const shown = `${parsed.origin}${parsed.pathname}`
  return { url, shown, signer: signerOf(business?.webhookSecret || option.secret, shown) }
}

const PROTOCOLS = ['https:', 'http:']

const MAKE_ONE = `Make one with \`echo "whsec_$(openssl rand -base64 32)"\`, give it to the receiver, and set WEBHOOK_SECRET (or the business’s webhook secret).`

/** There is no secret by default: a signature that anybody can make proves nothing. */
function signerOf(secret: string, shown: string): Webhook {
  if (secret === '') throw badSecret(`the webhook to ${shown} has no secret to sign with`)
  const key = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1]
  const length = key === undefined ? 0 : Buffer.from(key, 'base64').length
  if (length < MIN_KEY_BYTES || length > MAX_KEY_BYTES) {
    throw badSecret(`the secret of the webhook to ${shown} is not whsec_ and the base64 of 24 to 64 bytes`)
  }
  return new Webhook(secret)
}

/** Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const MIN_KEY_BYTES = 24
const MAX_KEY_BYTES = 64

function badSecret(message: string): PermanentError {
  return new PermanentError(message, { code: 'bad-configuration', remedy: MAKE_ONE })
}
