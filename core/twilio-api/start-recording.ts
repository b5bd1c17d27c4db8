import { type AftercallError, type GuardedFetch, PermanentError } from '../contracts/index.ts'
import { authorizations, type TwilioAccount } from './account.ts'
import { isObject, refusalOf, unanswered, unusable } from './answer.ts'

export interface StartRecordingOptions {
  readonly account: TwilioAccount
  readonly fetch: GuardedFetch
}

export interface CallToRecord {
  readonly callSid: string
  /** The account that the call belongs to; null: ours. */
  readonly accountSid: string | null
  /** This one included. From the second on it is asked first whether one before has succeeded unheard. */
  readonly attempts: number
}

/** A recording that has begun, in the fields of Twilio's JSON. */
export interface StartedRecording {
  readonly accountSid: string
  readonly recordingSid: string
  readonly channels: number | null
  /** RFC 2822. */
  readonly startTime: string | null
}

const PATIENCE_MS = 10_000

/** Twilio: "Invalid call state", because the call is not in progress. */
const NOT_IN_PROGRESS = 21220

/**
 * Starts a dual-channel recording of a call that is on. Undefined: the call is not on any more. A request is made
 * once: who calls tries again. Throws RetryableError `provider-unreachable`, PermanentError `provider-credentials`
 * or `provider-rejected`.
 * https://www.twilio.com/docs/voice/api/recording#create-a-recording-resource
 */
export async function startRecording(
  options: StartRecordingOptions,
  { callSid, accountSid, attempts }: CallToRecord,
  callbackUrl: string,
): Promise<StartedRecording | undefined> {
  const owner = accountSid ?? options.account.accountSid
  const path = `/2010-04-01/Accounts/${owner}/Calls/${callSid}/Recordings.json`
  if (attempts > 1) {
    const earlier = await ask(options, 'GET', path)
    const recordings = Array.isArray(earlier?.['recordings']) ? earlier['recordings'] : []
    const made = recordings.filter(isObject).find(({ status }) => status !== 'absent' && status !== 'failed')
    if (made !== undefined) return startedRecording(made, owner)
  }
  const form = new URLSearchParams({
    RecordingChannels: 'dual',
    RecordingTrack: 'both',
    Trim: 'do-not-trim',
    RecordingStatusCallback: callbackUrl,
    RecordingStatusCallbackMethod: 'POST',
  })
  for (const event of ['in-progress', 'completed', 'absent']) form.append('RecordingStatusCallbackEvent', event)
  const answer = await ask(options, 'POST', path, form.toString())
  return answer === undefined ? undefined : startedRecording(answer, owner)
}

/** The JSON of a good answer; undefined where the call is not on, or unknown. */
async function ask(
  { account, fetch }: StartRecordingOptions,
  method: 'GET' | 'POST',
  path: string,
  body?: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  let refusal: AftercallError | undefined
  for (const authorization of authorizations(account)) {
    const { response, json } = await send(fetch, method, `${account.apiUrl}${path}`, {
      authorization,
      body,
    })
    if (response.ok) return json
    if (response.status === 404 || json['code'] === NOT_IN_PROGRESS) return undefined
    refusal = refusalOf(response, detailOf(json))
    if (response.status !== 401) break
  }
  throw refusal ?? new PermanentError('there is no auth token', { code: 'provider-credentials' })
}

async function send(
  fetch: GuardedFetch,
  method: 'GET' | 'POST',
  url: string,
  { authorization, body }: { readonly authorization: string; readonly body: string | undefined },
): Promise<{ readonly response: Response; readonly json: Readonly<Record<string, unknown>> }> {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        Authorization: authorization,
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
      },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    return { response, json: objectIn(await response.text()) }
  } catch (error) {
    throw unanswered(error)
  }
}

/** The object that a body holds; an empty one where it is none, as in a page of a proxy, whose status tells enough. */
function objectIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(body)
    return isObject(json) ? json : {}
  } catch {
    return {}
  }
}

/** What Twilio says of a refusal, beside the status. */
function detailOf({ code, message }: Readonly<Record<string, unknown>>): string {
  const error = typeof code === 'number' ? `, error ${code}` : ''
  return typeof message === 'string' ? `${error}: ${message.slice(0, 200)}` : error
}

function startedRecording(resource: Readonly<Record<string, unknown>>, owner: string): StartedRecording {
  const { sid, account_sid: accountSid, channels, start_time: startTime } = resource
  if (typeof sid !== 'string' || !/^RE[0-9a-fA-F]{32}$/.test(sid)) {
    throw unusable('a recording')
  }
  return {
    recordingSid: sid,
    accountSid: typeof accountSid === 'string' ? accountSid : owner,
    channels: typeof channels === 'number' ? channels : null,
    startTime: typeof startTime === 'string' ? startTime : null,
  }
}
