import { availableParallelism, cpus, totalmem, type } from 'node:os'
import type { Benchmark, Row } from './benchmark.ts'

/** Where and when the figures were taken: without it they say nothing. */
export interface Circumstances {
  readonly date: string
  readonly cores: number
  readonly processor: string
  readonly memoryMb: number
  readonly system: string
  readonly node: string
}

export function circumstances(): Circumstances {
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryMb: Math.round(totalmem() / 2 ** 20),
    system: `${type()} ${process.arch}`,
    node: process.version,
  }
}

export function describe({ date, cores, processor, memoryMb, system, node }: Circumstances): string {
  return `${date}, ${cores} cores (${processor}), ${memoryMb} MB, ${system}, Node ${node}`
}

/** The rows of one benchmark as a Markdown table, with how Aftercall compares to the bare server. */
export function tableOf({ name, measures }: Benchmark, rows: readonly Row[]): string {
  const figures = Object.keys(rows[0]?.figures ?? {})
  const calls = rows[0]?.calls ?? 0
  const lines = Object.values(Object.groupBy(rows, ({ database }) => database)).flatMap((group) => [
    ...group.map((row) => [row.database, row.subject, ...figures.map((figure) => shown(row.figures[figure]))]),
    ...ratios(group, figures),
  ])
  return `\n${name}, ${calls} calls\n${measures}\n\n${markdown(['database', 'server', ...figures], lines)}`
}

function ratios(group: readonly Row[], figures: readonly string[]): readonly string[][] {
  const own = group.find(({ subject }) => subject === 'aftercall')
  const bare = group.find(({ subject }) => subject === 'bare')
  if (own === undefined || bare === undefined) return []
  const ratio = (figure: string) => ((own.figures[figure] ?? 0) / (bare.figures[figure] ?? 0)).toFixed(2)
  return [[own.database, 'aftercall ÷ bare', ...figures.map(ratio)]]
}

function shown(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(value < 100 ? 1 : 0)
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)))
  const row = (cells: readonly string[]) => {
    const padded = cells.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    return `| ${padded.join(' | ')} |`
  }
  const rule = row(widths.map((width, column) => (column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)))
  return `${[row(head), rule, ...lines.map(row)].join('\n')}\n`
}
