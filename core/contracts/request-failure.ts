import { thrownMessage } from './errors.ts'

/** Why a request got no answer: `fetch` says only "fetch failed", and has the reason in the cause. */
export function requestFailure(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  if (!(cause instanceof Error)) return thrownMessage(thrown)
  if (cause.message !== '') return cause.message
  // Of a host with several addresses, each of which has failed, there is the code alone.
  return 'code' in cause ? String(cause.code) : cause.name
}
