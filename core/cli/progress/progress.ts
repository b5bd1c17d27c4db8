import { createLogUpdate } from 'log-update'
import type { EngineListener } from '../../engine/events.ts'
import type { Plan } from '../../pipeline/plan.ts'
import type { CommandIo } from '../io.ts'
import { changedLine, duration, pendingLines, renderLine, type StageLine, widthsOf } from './stage-line.ts'

/** Shows how a run goes through its stages. */
export interface Progress {
  readonly listener: EngineListener
  /** Leaves the last state on the screen. */
  end(): void
}

/** On a terminal a display that is drawn anew as things happen; elsewhere a line for each thing that happens. */
export function showProgress(io: CommandIo, plan: Plan): Progress {
  return io.terminal && io.env['CI'] === undefined ? liveProgress(io, plan) : lineProgress(io, plan)
}

function lineProgress(io: CommandIo, plan: Plan): Progress {
  const lines = new Map(pendingLines(plan))
  const widths = widthsOf(plan)
  return {
    listener(event) {
      const line = changedLine(lines, event)
      if (line === undefined) return
      lines.set(line.stage, line)
      io.stderr.write(`${renderLine(line, widths, 'plain')}\n`)
    },
    end() {},
  }
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80

function liveProgress(io: CommandIo, plan: Plan): Progress {
  const lines = new Map(pendingLines(plan))
  const widths = widthsOf(plan)
  const screen = createLogUpdate(process.stderr)
  const colours = io.env['NO_COLOR'] === undefined ? 'colours' : 'plain'
  let frame = 0
  const draw = () => {
    frame = (frame + 1) % FRAMES.length
    screen(
      [...lines.values()].map((line) => renderLine(ticking(line), widths, colours, signOf(line, frame))).join('\n'),
    )
  }
  const timer = setInterval(draw, FRAME_MS)
  draw()
  return {
    listener(event) {
      const line = changedLine(lines, event)
      if (line !== undefined) lines.set(line.stage, line)
    },
    end() {
      clearInterval(timer)
      draw()
      screen.done()
    },
  }
}

function signOf(line: StageLine, frame: number): string | undefined {
  return line.status === 'running' ? FRAMES[frame] : undefined
}

/** While a stage runs, its duration so far stands behind it. */
function ticking(line: StageLine): StageLine {
  if (line.status !== 'running') return line
  return {
    ...line,
    note: [duration(performance.now() - line.since), line.note].filter((part) => part !== '').join('  '),
  }
}
