import type { ErrorCode } from '../contracts/index.ts'

/**
 * The errors that may leave the house, with their HTTP status. Whatever is not listed is answered as `internal`, and
 * only the log has its message.
 */
const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
  'bad-request': 400,
  unauthorized: 401,
  'signature-refused': 403,
  'not-found': 404,
  'recording-not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'plan-unloadable': 409,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'range-not-satisfiable': 416,
  'provider-unreachable': 502,
  'provider-credentials': 502,
  'recording-not-ready': 503,
  'database-unavailable': 503,
}

const BY_CODE: ReadonlyMap<string, number> = new Map(Object.entries(STATUS))

/** The HTTP status of an error code; undefined where the error is not for the outside. */
export function statusOf(code: string): number | undefined {
  return BY_CODE.get(code)
}
