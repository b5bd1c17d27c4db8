import type { Finding } from './finding.ts'
import { formatPath, type Path } from './path.ts'
import { RULES, type RuleId } from './rules.ts'

/** Something wrong with a pipeline.yaml, as `aftercall validate --format json` prints it. */
export interface Fault {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units, as editors count. */
  readonly column: number
  /** Where the marked words end, on the same line; exclusive. */
  readonly endColumn: number
  readonly severity: 'error' | 'warning'
  readonly rule: RuleId
  /** `stages[2].with.langauge`; empty where the fault has no place in the data. */
  readonly path: string
  readonly message: string
  readonly remedy: string
  /** What to write instead. */
  readonly suggestion?: string
}

/** A place in the text; lines and columns from 1, `endColumn` exclusive and on the same line. */
export type Span = Pick<Fault, 'line' | 'column' | 'endColumn'>

/** The place of a path; of the nearest part above it that exists, where it does not. */
export type Locate = (path: Path, at: 'key' | 'value') => Span

/** The finding with its position in the file. */
export function faultOf(finding: Finding, file: string, locate: Locate): Fault {
  return faultAt(locate(finding.path, finding.at), finding, file)
}

/** A fault at a known position: of the text, where there is no data yet. */
export function faultAt(span: Span, finding: Omit<Finding, 'at'>, file: string): Fault {
  return {
    file,
    ...span,
    severity: RULES[finding.rule].severity,
    rule: finding.rule,
    path: formatPath(finding.path),
    message: finding.message,
    remedy: RULES[finding.rule].remedy,
    ...(finding.suggestion === undefined ? {} : { suggestion: finding.suggestion }),
  }
}

/** In the order of the file; a fault that is reported twice at one place stays once. */
export function sortFaults(faults: readonly Fault[]): readonly Fault[] {
  const known = new Set<string>()
  return faults
    .filter(({ line, column, rule, path, message }) => {
      const identity = JSON.stringify([line, column, rule, path, message])
      return known.has(identity) ? false : known.add(identity)
    })
    .sort((a, b) => a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0))
}
