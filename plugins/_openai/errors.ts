import {
  AftercallError,
  type ErrorCode,
  PermanentError,
  RetryableError,
  retryAfterMs,
  thrownMessage,
  UnavailableError,
} from 'aftercall'
import { APIConnectionError, APIError } from 'openai'

/** Enough to see what a server said; a proxy may answer with a page of HTML. */
const MAX_MESSAGE = 500

/**
 * What a failed request means for the run.
 *
 * | what happened | becomes |
 * |---|---|
 * | no connection, 408, 409, 429, 5xx | RetryableError, with the Retry-After of the answer however long it is |
 * | 429 `insufficient_quota` | PermanentError: waiting does not fill an account |
 * | 401, 403 | PermanentError |
 * | 404 | UnavailableError: the model (or the address) does not exist, the next fallback may |
 * | any other 4xx | PermanentError: the same request would be refused again |
 */
export function providerError(thrown: unknown): Error {
  if (thrown instanceof AftercallError) return thrown
  if (thrown instanceof APIConnectionError) {
    return new RetryableError(`no connection to the provider: ${causeOf(thrown)}`, {
      code: 'provider-unreachable',
      cause: thrown,
    })
  }
  if (thrown instanceof APIError && typeof thrown.status === 'number') return answeredError(thrown, thrown.status)
  return new RetryableError(`the provider’s answer cannot be read: ${clipped(thrownMessage(thrown))}`, {
    code: 'provider-answer',
    cause: thrown,
  })
}

function answeredError(error: APIError, status: number): Error {
  const message = `the provider answered ${clipped(error.message)}`
  const because = (code: ErrorCode) => ({ code, cause: error })
  if (status === 401 || status === 403) return new PermanentError(message, because('provider-credentials'))
  if (status === 404) {
    return new UnavailableError(message, {
      cause: error,
      remedy:
        'Set `model` of this stage to one that the provider has (`aftercall doctor`), or correct OPENAI_BASE_URL.',
    })
  }
  if (error.code === 'insufficient_quota' || error.type === 'insufficient_quota') {
    return new PermanentError(message, because('provider-quota'))
  }
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    return new RetryableError(message, {
      ...because('provider-unreachable'),
      retryAfterMs: waitOf(error.headers),
    })
  }
  return new PermanentError(message, because('provider-rejected'))
}

/** OpenAI also sends a more exact `retry-after-ms`. */
function waitOf(headers: Headers | undefined): number | undefined {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '')
  return exact >= 0 ? exact : retryAfterMs(headers?.get('retry-after'))
}

/** The SDK says "Connection error."; why stands in the chain of causes. */
function causeOf(error: Error): string {
  let deepest = error
  while (deepest.cause instanceof Error) deepest = deepest.cause
  return clipped(thrownMessage(deepest))
}

function clipped(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}…`
}
