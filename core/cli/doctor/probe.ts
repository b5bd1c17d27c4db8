import { requestFailure } from '../../contracts/request-failure.ts'

/** How long a service may take to answer, milliseconds. */
const PATIENCE_MS = 10_000

/** Asks a service that the owner named himself; throws, with the cause in the message, where nobody answers. */
export async function probe(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Response> {
  try {
    return await fetch(url, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
  } catch (error) {
    throw new Error(`${new URL(url).origin} does not answer: ${requestFailure(error)}`, { cause: error })
  }
}
