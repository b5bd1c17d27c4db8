// The file itself, because twilio's main module takes ten times as long to load.
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js'
import type { Configuration } from '../../configuration.ts'
import { type Finding, fail, failed, ok, warn } from './finding.ts'
import { probe } from './probe.ts'

/** Whether this server can be reached where Twilio will call it, and takes what Twilio signs. */
export async function checkPublicUrl(configuration: Configuration): Promise<readonly Finding[]> {
  const name = 'public URL'
  const { publicUrl, port, twilio } = configuration
  if (publicUrl === undefined) {
    const remedy = `Set PUBLIC_URL to the https address that leads to port ${port} here (a reverse proxy or a tunnel).`
    return [warn(name, 'PUBLIC_URL is not set: Twilio cannot call back', remedy)]
  }
  const { pathname } = new URL(publicUrl)
  const path = pathname === '/' ? 'path unchanged' : `without ${pathname}, which the proxy takes off the path`
  const remedy = `Start the server (\`aftercall start\`), and let ${publicUrl} lead to port ${port} here, ${path}.`
  try {
    const response = await probe(`${publicUrl}/healthz`)
    await response.body?.cancel()
    if (!response.ok) return [warn(name, `${publicUrl}/healthz answers HTTP ${response.status}`, remedy)]
  } catch (error) {
    return [{ ...failed(name, error, remedy), status: 'warn' }]
  }
  const [token] = twilio.authTokens
  const signature = token === undefined ? [] : [await checkSignature(publicUrl, token)]
  if (publicUrl.startsWith('https:')) return [ok(name, `${publicUrl} leads here`), ...signature]
  return [warn(name, `${publicUrl} is not encrypted`, 'Use https: recordings and callbacks are private.'), ...signature]
}

/** What no callback holds: the signature is checked first, and then this is refused without a trace but a log line. */
const FORM = { AccountSid: 'aftercall doctor' }

/** Posts what Twilio would sign, the whole way through proxies, and sees whether the signature is found right. */
async function checkSignature(publicUrl: string, token: string): Promise<Finding> {
  const name = 'signature'
  const url = `${publicUrl}/twilio/status`
  try {
    const response = await probe(
      url,
      {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': getExpectedTwilioSignature(token, url, FORM),
      },
      new URLSearchParams(FORM).toString(),
    )
    const code = codeOf(await response.json().catch(() => undefined))
    if (response.status === 400 && code === 'bad-request') return ok(name, `what Twilio signs over ${url} is accepted`)
    if (response.status === 403 && code === 'signature-refused') {
      const remedy =
        'Start the server again with the PUBLIC_URL and TWILIO_AUTH_TOKEN of this folder; its log says what it expects.'
      return fail(name, `the server at ${publicUrl} refuses what is signed over ${url}`, remedy)
    }
    const remedy = `Let ${publicUrl} lead to Aftercall, POST included, with path, body and headers unchanged.`
    return fail(name, `${url} answers HTTP ${response.status}, which Aftercall does not`, remedy)
  } catch (error) {
    return failed(name, error, 'Let the proxy pass POST requests on.')
  }
}

function codeOf(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined
  const { error } = body
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
