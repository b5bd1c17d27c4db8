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
    throw new Error(`${new URL(url).origin} does not answer: ${reasonOf(error)}`, { cause: error })
  }
}

/** `fetch` says "fetch failed" and hides why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return cause instanceof Error ? cause.message : error.message
}
