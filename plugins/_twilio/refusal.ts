import { type AftercallError, PermanentError, RetryableError, retryAfterMs } from 'aftercall'
import type { RecordingAddress } from './account.ts'

/** How soon to look again after the first 404; doubles with each attempt, so that six of them span a minute. */
const FIRST_LOOK_MS = 2_000
/** From this attempt on a 404 is no longer the ordinary delay, and the engine's own schedule is slow enough. */
const NO_LONGER_ORDINARY = 6

/**
 * | answer | error |
 * |---|---|
 * | 404, at first | RetryableError `recording-not-ready`, over about a minute |
 * | 404, later | RetryableError `recording-not-found` |
 * | 401, 403 | PermanentError `provider-credentials` |
 * | 408, 429, 5xx | RetryableError `provider-unreachable`, with the answer's Retry-After |
 * | any other | PermanentError `provider-rejected` |
 */
export function refusal(
  response: Pick<Response, 'status' | 'headers'>,
  address: RecordingAddress,
  attempt: number,
): AftercallError {
  const { status } = response
  if (status === 404) return absent(address, attempt)
  if (status === 401 || status === 403) {
    return new PermanentError(`Twilio refused the credentials for account ${address.accountSid} (${status})`, {
      code: 'provider-credentials',
      remedy: 'Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in .env against the Twilio console, then rerun the call.',
    })
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new RetryableError(`Twilio answered ${status} for ${address.recordingSid}`, {
      code: 'provider-unreachable',
      retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    })
  }
  return new PermanentError(`Twilio answered ${status} for ${address.recordingSid}`, { code: 'provider-rejected' })
}

function absent({ recordingSid }: RecordingAddress, attempt: number): RetryableError {
  if (attempt >= NO_LONGER_ORDINARY) {
    return new RetryableError(`Twilio does not have ${recordingSid}, after ${attempt} attempts`, {
      code: 'recording-not-found',
    })
  }
  return new RetryableError(`Twilio does not have ${recordingSid} yet`, {
    code: 'recording-not-ready',
    retryAfterMs: FIRST_LOOK_MS * 2 ** (attempt - 1),
  })
}
