import { createHash } from 'node:crypto'
import { isMapping } from './path.ts'
import type { PipelineSpec } from './spec.ts'

/** SHA-256, in hex, of a spec as JSON with sorted keys: the order in which keys were written does not matter. */
export function hashOf(spec: PipelineSpec): string {
  return createHash('sha256').update(canonicalJson(spec)).digest('hex')
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isMapping(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}
