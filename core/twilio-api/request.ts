import { setTimeout as sleep } from 'node:timers/promises'
import { type GuardedFetch, PermanentError, RetryableError } from '../contracts/index.ts'
import { authorizations, type TwilioAccount } from './account.ts'
import { refusalOf, unanswered } from './answer.ts'

export interface TwilioApiOptions {
  readonly account: TwilioAccount
  readonly fetch: GuardedFetch
  /** Waits before another try, milliseconds; a timer by default. Rejects when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** How long one request may take, its answer included, milliseconds; half a minute by default. */
  readonly patienceMs?: number
}

export interface TwilioRequest<T> {
  readonly method: 'GET' | 'DELETE'
  /** Path and query, below the API's address. */
  readonly path: string
  readonly signal: AbortSignal
  /** Reads a good answer, and a 404; an error that it throws while the body comes is worth another try. */
  readonly read: (response: Response) => Promise<T>
}

const MOST_TRIES = 5
const PATIENCE_MS = 30_000
const FIRST_WAIT_MS = 1_000
/** Who is asked to wait longer gives up for now, and says so. */
const LONGEST_WAIT_MS = 60_000

/**
 * Asks Twilio's REST API. What passes (no answer, 408, 429, 5xx) is tried again a few times, not before Retry-After;
 * then it is a RetryableError `provider-unreachable` with that time. A refusal is a PermanentError:
 * `provider-credentials` or `provider-rejected`.
 */
export async function askTwilio<T>(options: TwilioApiOptions, request: TwilioRequest<T>): Promise<T> {
  const wait = options.wait ?? ((ms, signal) => sleep(ms, undefined, { signal }))
  for (let tries = 1; ; tries++) {
    request.signal.throwIfAborted()
    const answer = await tryOnce(options, request)
    if (!(answer instanceof RetryableError)) return answer.value
    const waitMs = Math.max(FIRST_WAIT_MS * 2 ** (tries - 1), answer.retryAfterMs ?? 0)
    if (tries >= MOST_TRIES || waitMs > LONGEST_WAIT_MS) throw answer
    await wait(waitMs, request.signal)
  }
}

async function tryOnce<T>(
  { account, fetch, patienceMs = PATIENCE_MS }: TwilioApiOptions,
  { method, path, signal, read }: TwilioRequest<T>,
): Promise<{ readonly value: T } | RetryableError> {
  let refused: Response | undefined
  for (const authorization of authorizations(account)) {
    try {
      const response = await fetch(`${account.apiUrl}${path}`, {
        method,
        headers: { Authorization: authorization, Accept: 'application/json' },
        redirect: 'manual',
        // A body that only trickles in would otherwise last for ever.
        signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
      })
      if (response.ok || response.status === 404) return { value: await read(response) }
      await response.body?.cancel()
      refused = response
    } catch (error) {
      signal.throwIfAborted()
      const failure = unanswered(error)
      if (failure instanceof RetryableError) return failure
      throw failure
    }
    if (refused.status !== 401) break
  }
  if (refused === undefined) throw new PermanentError('there is no auth token', { code: 'provider-credentials' })
  const refusal = refusalOf(refused)
  if (refusal instanceof PermanentError) throw refusal
  return refusal
}
