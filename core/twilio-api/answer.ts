import { AftercallError, PermanentError, RetryableError, requestFailure, retryAfterMs } from '../contracts/index.ts'

/** Twilio answered, and not what it documents. */
export function unusable(what: string): PermanentError {
  return new PermanentError(`Twilio answered something that is not ${what}`, { code: 'provider-answer' })
}

/** A request that no answer came to: worth another try. Our own errors stay as they are. */
export function unanswered(error: unknown): AftercallError {
  if (error instanceof AftercallError) return error
  return new RetryableError(`no answer from Twilio: ${requestFailure(error)}`, {
    code: 'provider-unreachable',
    cause: error,
  })
}

/** What a refusal means; `detail` is what Twilio says beside the status. */
export function refusalOf(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  detail = '',
): RetryableError | PermanentError {
  if (status === 401 || status === 403) {
    return new PermanentError(`Twilio refused the credentials (${status}${detail})`, {
      code: 'provider-credentials',
      remedy: 'Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from the Twilio console into .env, then restart.',
    })
  }
  if (status !== 408 && status !== 429 && status < 500) {
    return new PermanentError(`Twilio answered ${status}${detail}`, { code: 'provider-rejected' })
  }
  return new RetryableError(`Twilio answered ${status}${detail}`, {
    code: 'provider-unreachable',
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
  })
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
