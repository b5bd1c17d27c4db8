import type { Configuration } from '../../configuration.ts'
import { type Finding, fail, failed, ok, warn } from './finding.ts'
import { probe } from './probe.ts'

const CREDENTIALS_REMEDY = 'Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from the Twilio console into .env.'

/** Whether Twilio knows the account and its tokens. */
export async function checkTwilio({ twilio }: Configuration): Promise<readonly Finding[]> {
  const { accountSid, authTokens, apiUrl } = twilio
  if (accountSid === undefined && authTokens.length === 0) {
    return [warn('twilio', 'no credentials: callbacks are refused; `process` and `demo` work', CREDENTIALS_REMEDY)]
  }
  if (accountSid === undefined) return [fail('twilio', 'TWILIO_ACCOUNT_SID is not set', CREDENTIALS_REMEDY)]
  if (authTokens.length === 0) return [fail('twilio', 'TWILIO_AUTH_TOKEN is not set', CREDENTIALS_REMEDY)]
  const findings = await Promise.all(
    authTokens.map(async (token, index) => {
      const name = authTokens.length === 1 ? 'twilio' : `twilio token ${index + 1}`
      const url = `${apiUrl}/2010-04-01/Accounts/${accountSid}.json`
      return [await checkToken(name, url, `${accountSid}:${token}`), ...checkForm(name, token)]
    }),
  )
  return findings.flat()
}

/** The secret of an API key lets requests through, but Twilio signs with the auth token alone. */
function checkForm(name: string, token: string): readonly Finding[] {
  if (/^[0-9a-f]{32}$/.test(token)) return []
  const remedy = 'Use the auth token of the account (Account Info in the console), and not the secret of an API key.'
  return [warn(`${name} form`, 'TWILIO_AUTH_TOKEN is not 32 hex digits, as auth tokens are', remedy)]
}

async function checkToken(name: string, url: string, credentials: string): Promise<Finding> {
  try {
    const response = await probe(url, { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` })
    await response.body?.cancel()
    if (response.ok) return ok(name, 'the account and its token are accepted')
    if (response.status === 401 || response.status === 403 || response.status === 404) {
      return fail(name, `the credentials are refused (HTTP ${response.status})`, CREDENTIALS_REMEDY)
    }
    return fail(name, `Twilio answers HTTP ${response.status}`, 'See https://status.twilio.com, then try again.')
  } catch (error) {
    return failed(name, error, 'Check the network, and TWILIO_API_URL where it is set.')
  }
}
