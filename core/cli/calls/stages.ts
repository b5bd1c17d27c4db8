import type { StageView } from '../../api/call-view.ts'
import type { CommandIo } from '../io.ts'
import { duration, renderLine, type StageLine } from '../progress/stage-line.ts'
import { harmless } from './table.ts'

/** The stages of a run as they stand in the database, one line for each that is given, its remedy below it. */
export function stageLines(stages: readonly StageView[], all: readonly StageView[], io: CommandIo): string {
  const widths = {
    stage: Math.max(0, ...all.map(({ id }) => id.length)),
    use: Math.max(0, ...all.map(({ use }) => use.length)),
  }
  const colours = io.terminal && io.env['NO_COLOR'] === undefined ? 'colours' : 'plain'
  return stages.map((stage) => `${renderLine(stageLine(stage), widths, colours)}\n`).join('')
}

function stageLine(stage: StageView): StageLine {
  const { id, use, status, error } = stage
  return { stage: id, use, status, note: note(stage), remedy: error === null ? '' : harmless(error.remedy), since: 0 }
}

/** `done, 2 attempts, 1.2 s`; `failed, 1 attempt, 9 ms: key-missing: there is no key`. */
function note({ status, attempts, reason, error, due_at, started_at, finished_at }: StageView): string {
  const parts: readonly string[] = [
    status,
    ...(attempts === 0 ? [] : [`${attempts} attempt${attempts === 1 ? '' : 's'}`]),
    ...(started_at === null || finished_at === null
      ? []
      : [duration(Date.parse(finished_at) - Date.parse(started_at))]),
    ...(status === 'waiting' && due_at !== null ? [`due ${due_at}`] : []),
  ]
  const why = error === null ? reason : `${error.code}: ${error.message}`
  return harmless(why === null ? parts.join(', ') : `${parts.join(', ')}: ${why}`)
}
