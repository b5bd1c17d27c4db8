import type { Fault } from './fault.ts'
import { withoutSecrets } from './secrets.ts'

/** Of a longer line only the surroundings of the fault are shown. */
const WIDTH = 120

/**
 * Faults as people read them:
 * ```
 * pipeline.yaml:14:7  error  unknown-option  stages[2].with.langauge
 *   stt/openai has no option "langauge"; did you mean "language"?
 *
 *   14 │       langauge: he
 *      │       ^^^^^^^^
 *   Correct the spelling, or remove it. …
 * ```
 */
export function renderFaults(faults: readonly Fault[], text: string): string {
  const lines = text.split(/\r?\n/)
  return faults.map((fault) => renderFault(fault, lines[fault.line - 1] ?? '')).join('\n')
}

function renderFault(fault: Fault, line: string): string {
  const { file, column, severity, rule, path, message, remedy } = fault
  const head = [`${file}:${fault.line}:${column}`, severity, rule, path].filter((word) => word !== '').join('  ')
  return `${printable(head)}\n  ${printable(message)}\n${excerpt(fault, line)}  ${remedy}\n`
}

function excerpt({ line: number, column, endColumn }: Fault, line: string): string {
  if (line.trim() === '') return ''
  const shown = printable(withoutSecrets(line))
  const start = shown.length <= WIDTH ? 0 : Math.max(0, Math.min(column - 1 - WIDTH / 2, shown.length - WIDTH))
  const part = shown.slice(start, start + WIDTH)
  const before = ' '.repeat(Math.max(0, column - 1 - start))
  const carets = '^'.repeat(Math.max(1, Math.min(endColumn - column, WIDTH - before.length)))
  const gutter = ' '.repeat(String(number).length)
  return `\n  ${number} │ ${part}\n  ${gutter} │ ${before}${carets}\n`
}

/** Control characters would command the terminal; each becomes one blank, so that columns stay. */
function printable(text: string): string {
  return text.replace(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, ' ')
}
