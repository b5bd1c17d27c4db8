import type { ErrorRecord } from '../contracts/index.ts'
import { parseJson } from './rows.ts'

/** What stands in an error column was an ErrorRecord when it was written. */
export function errorOf(value: unknown): ErrorRecord | null {
  return parseJson(value) as ErrorRecord | null
}
