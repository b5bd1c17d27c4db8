import type { Path } from './path.ts'
import type { RuleId } from './rules.ts'

/**
 * Something wrong with a pipeline, by its place in the data. A spec that a run kept has no lines; `fault.ts` adds
 * them where there is a file.
 */
export interface Finding {
  readonly rule: RuleId
  readonly path: Path
  /** Whether the key is at fault (it is unknown, say) or what stands behind it. */
  readonly at: 'key' | 'value'
  /** Never holds an expanded `${…}`: values are shown as they are written. */
  readonly message: string
  /** What to write instead. */
  readonly suggestion?: string
}

export type Report = (finding: Finding) => void
