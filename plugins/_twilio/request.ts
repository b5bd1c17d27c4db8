import { AftercallError, type GuardedFetch, PermanentError, RetryableError, requestFailure } from 'aftercall'

export interface TwilioRequest {
  readonly method: 'GET' | 'DELETE'
  readonly url: string
  /** The values of `Authorization` to try, in order: the next one after a 401. Never empty. */
  readonly authorizations: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
}

const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Asks Twilio and follows redirects, with Basic auth for its own origin and for no other: storage behind a signed
 * URL refuses it, and a stranger must not get it. Any status comes back as it is; who gets the response reads its
 * body or cancels it. Throws RetryableError `provider-unreachable`, or the signal's reason.
 */
export async function askTwilio(fetch: GuardedFetch, request: TwilioRequest): Promise<Response> {
  const [first = '', ...others] = request.authorizations
  const response = await follow(fetch, request, first)
  if (response.status !== 401 || others.length === 0) return response
  await discard(response)
  return await askTwilio(fetch, { ...request, authorizations: others })
}

async function follow(fetch: GuardedFetch, request: TwilioRequest, authorization: string): Promise<Response> {
  const { origin } = new URL(request.url)
  let url = new URL(request.url)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await send(fetch, request, url, url.origin === origin ? authorization : undefined)
    const location = response.headers.get('location')
    if (!REDIRECTS.has(response.status) || location === null) return response
    await discard(response)
    url = target(location, url)
  }
  throw new PermanentError(`Twilio redirected more than ${MAX_REDIRECTS} times`, { code: 'provider-answer' })
}

function target(location: string, from: URL): URL {
  const url = URL.parse(location, from.href)
  if (url === null) throw new PermanentError('Twilio redirected to what is no address', { code: 'provider-answer' })
  return url
}

async function send(
  fetch: GuardedFetch,
  { method, headers, signal }: TwilioRequest,
  url: URL,
  authorization: string | undefined,
): Promise<Response> {
  signal?.throwIfAborted()
  try {
    return await fetch(url, {
      method,
      redirect: 'manual',
      // Lengths are compared, so the bytes must come as they are.
      headers: { 'Accept-Encoding': 'identity', ...headers, ...(authorization && { Authorization: authorization }) },
      ...(signal && { signal }),
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw unreachable(error, `no answer from ${url.host}`)
  }
}

/** What broke on the way, as an error that is worth another try; our own errors stay as they are. */
export function unreachable(error: unknown, message: string): AftercallError {
  if (error instanceof AftercallError) return error
  return new RetryableError(`${message}: ${requestFailure(error)}`, { code: 'provider-unreachable', cause: error })
}

/** Frees the connection of a response whose body is of no interest. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {})
}
