import { styleText } from 'node:util'
import type { CommandIo } from '../io.ts'
import type { Finding } from './finding.ts'

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const

/** The findings as lines for people, each remedy below its finding. */
export function reportOf(findings: readonly Finding[], io: CommandIo): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines = findings.flatMap(({ name, status, message, remedy }) => {
    const word = io.terminal
      ? styleText(COLOURS[status], status.padEnd(4), { validateStream: false })
      : status.padEnd(4)
    const [first, ...rest] = message.split('\n')
    const indent = ' '.repeat(width + 8)
    return [
      `${word}  ${name.padEnd(width)}  ${first}`,
      ...rest.map((line) => `${indent}${line}`),
      ...(remedy === undefined ? [] : [`${indent}→ ${remedy}`]),
    ]
  })
  return `${lines.join('\n')}\n`
}
