import { styleText } from 'node:util'
import type { EngineEvent } from '../../engine/events.ts'
import type { Plan } from '../../pipeline/plan.ts'

/** A stage as a person follows it. */
export interface StageLine {
  readonly stage: string
  readonly use: string
  readonly status: 'pending' | 'running' | 'waiting' | 'done' | 'skipped' | 'failed'
  /** What is to be said about it: a duration, a reason, an error. */
  readonly note: string
  /** What can be done about it; empty where nothing need be done. */
  readonly remedy: string
  /** When the attempt began, by `performance.now()`. */
  readonly since: number
}

export function pendingLines(plan: Plan): ReadonlyMap<string, StageLine> {
  return new Map(
    plan.stages.map(({ id, drivers }) => [
      id,
      { stage: id, use: drivers[0].use, status: 'pending', note: '', remedy: '', since: 0 },
    ]),
  )
}

/** What an event makes of the line of its stage; undefined where it changes none. */
export function changedLine(lines: ReadonlyMap<string, StageLine>, event: EngineEvent): StageLine | undefined {
  const line = 'stage' in event ? lines.get(event.stage) : undefined
  if (line === undefined) return undefined
  switch (event.type) {
    case 'stage-started': {
      const note = event.attempt > 1 ? `attempt ${event.attempt}` : ''
      return { ...line, use: event.use, status: 'running', note, remedy: '', since: performance.now() }
    }
    case 'stage-done':
      return { ...line, status: 'done', note: duration(event.milliseconds) }
    case 'stage-skipped':
      return { ...line, status: 'skipped', note: event.reason }
    case 'stage-settled':
      return { ...line, status: 'done', note: `${event.outcome}: ${event.reason}` }
    case 'stage-retry':
      return { ...line, status: 'waiting', note: `${event.error.message}; again in ${duration(event.dueInMs)}` }
    case 'stage-fallback':
      return { ...line, status: 'running', note: `${event.error.message}; falling back to ${event.use}` }
    case 'stage-failed':
      return { ...line, status: 'failed', note: event.error.message, remedy: event.error.remedy }
    default:
      return undefined
  }
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 120_000) return `${(milliseconds / 1_000).toFixed(1)} s`
  return `${Math.round(milliseconds / 60_000)} min`
}

const SIGN = { pending: '·', running: '▸', waiting: '…', done: '✔', skipped: '–', failed: '✖' } as const
const COLOUR = {
  pending: 'dim',
  running: 'cyan',
  waiting: 'yellow',
  done: 'green',
  skipped: 'dim',
  failed: 'red',
} as const

/** A line of the display: `✔ stt  openai  1.2 s`. `sign` stands in for the sign of the status. */
export function renderLine(line: StageLine, widths: Widths, colours: 'colours' | 'plain', sign?: string): string {
  const mark = sign ?? SIGN[line.status]
  const shown = colours === 'colours' ? styleText(COLOUR[line.status], mark, { validateStream: false }) : mark
  const text = `  ${shown} ${line.stage.padEnd(widths.stage)}  ${line.use.padEnd(widths.use)}  ${line.note}`.trimEnd()
  return line.remedy === '' ? text : `${text}\n      → ${line.remedy}`
}

export interface Widths {
  readonly stage: number
  readonly use: number
}

/** Wide enough for every driver that a stage may fall back to. */
export function widthsOf(plan: Plan): Widths {
  return {
    stage: Math.max(...plan.stages.map(({ id }) => id.length)),
    use: Math.max(...plan.stages.flatMap(({ drivers }) => drivers.map(({ use }) => use.length))),
  }
}
