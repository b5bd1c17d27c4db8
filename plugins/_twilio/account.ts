import { type Call, PermanentError, Type, UnavailableError } from 'aftercall'

/** The options that every driver that talks to Twilio has: spread them into its schema. */
export const accountOptions = {
  accountSid: Type.String({
    default: '${TWILIO_ACCOUNT_SID:-}',
    description: 'Account whose token this is; calls of its subaccounts are fetched with it too',
  }),
  authToken: Type.String({
    default: '${TWILIO_AUTH_TOKEN:-}',
    description: 'Auth token; two, comma-separated, while rotating: when the first is refused the second is tried',
  }),
  apiUrl: Type.String({
    default: '${TWILIO_API_URL:-https://api.twilio.com}',
    description: 'Address of Twilio’s REST API',
  }),
}

export interface Account {
  readonly accountSid: string
  readonly authToken: string
  readonly apiUrl: string
}

/** A recording at Twilio. Made by `addressOf` alone, so its SIDs have been checked. */
export interface RecordingAddress {
  readonly accountSid: string
  readonly recordingSid: string
}

const ACCOUNT_SID = /^AC[0-9a-fA-F]{32}$/
const RECORDING_SID = /^RE[0-9a-fA-F]{32}$/

/** Where the call's recording lies: from its SIDs alone, never from a URL that a request brought. */
export function addressOf(
  call: Pick<Call, 'accountSid' | 'recordingSid'>,
  account: Pick<Account, 'accountSid'>,
): RecordingAddress {
  const accountSid = call.accountSid ?? account.accountSid
  if (accountSid === '') throw missing('TWILIO_ACCOUNT_SID')
  return {
    accountSid: checkedSid(accountSid, ACCOUNT_SID),
    recordingSid: checkedSid(call.recordingSid, RECORDING_SID),
  }
}

/** The SID, if it is one that may stand in a URL or a path. */
export function checkedRecordingSid(sid: string): string {
  return checkedSid(sid, RECORDING_SID)
}

/** As Twilio names it: what `recording_url` holds. */
export function recordingUrl({ apiUrl }: Pick<Account, 'apiUrl'>, address: RecordingAddress): string {
  const base = apiUrl.replace(/\/+$/, '')
  return `${base}/2010-04-01/Accounts/${address.accountSid}/Recordings/${address.recordingSid}`
}

/** The values of `Authorization` to try, in order. Throws an UnavailableError where there is no token. */
export function authorizations({ accountSid, authToken }: Account, address: RecordingAddress): readonly string[] {
  const tokens = authToken
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '')
  if (tokens.length === 0) throw missing('TWILIO_AUTH_TOKEN')
  const user = accountSid === '' ? address.accountSid : accountSid
  return tokens.map((token) => `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`)
}

/** Throws an UnavailableError where account or token are missing. */
export function checkAccount({ accountSid, authToken }: Account): void {
  if (accountSid === '') throw missing('TWILIO_ACCOUNT_SID')
  if (authToken === '') throw missing('TWILIO_AUTH_TOKEN')
}

function missing(variable: string): UnavailableError {
  return new UnavailableError(`recordings cannot be fetched from Twilio: ${variable} is not set`, {
    code: 'key-missing',
    remedy: `Put ${variable}=… into .env (or the environment) and restart; the Twilio console shows it.`,
  })
}

function checkedSid(sid: string, pattern: RegExp): string {
  if (pattern.test(sid)) return sid
  throw new PermanentError(`${JSON.stringify(sid.slice(0, 60))} is no SID of Twilio’s`)
}
