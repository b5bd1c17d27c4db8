import { PermanentError, RetryableError, retryAfterMs } from 'aftercall'

const GONE = 410
const REDIRECTS = { from: 300, to: 399 }

/** What an answer other than 2xx means. */
export function refusalOf(answer: Response, shown: string): Error {
  const { status } = answer
  const message = `${shown} answered ${status}`
  if (status === GONE) {
    return new PermanentError(`${message}: it wants no more events`, {
      code: 'webhook-refused',
      remedy: 'Remove the address from the pipeline (or the business), or correct it; then retry the delivery.',
    })
  }
  const isRedirect = status >= REDIRECTS.from && status <= REDIRECTS.to
  return new RetryableError(isRedirect ? `${message}: redirects are not followed` : message, {
    code: 'webhook-refused',
    retryAfterMs: retryAfterMs(answer.headers.get('retry-after')),
    ...(isRedirect && { remedy: 'Set the address that it redirects to. Then retry the delivery.' }),
  })
}
