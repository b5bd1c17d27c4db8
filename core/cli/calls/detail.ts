import type { CallView } from '../../api/call-view.ts'
import type { CallRecord } from '../../store/calls.ts'
import type { CommandIo } from '../io.ts'
import { type Results, resultsOf } from './results.ts'
import { stageLines } from './stages.ts'
import { paragraph, table } from './table.ts'

/** A call for people: its columns, its run stage by stage, and what came of it. */
export function callDetail(view: CallView, results: 'of the call' | 'of the run', io: CommandIo): string {
  return `${columns(view.call)}${run(view, io)}${resultText(resultsOf(view, results))}`
}

/** These have paragraphs of their own. */
const LONG: ReadonlySet<string> = new Set(['final_transcript', 'summary', 'extraction'])

function columns(call: CallRecord): string {
  const shown = Object.entries(call).filter(([name, value]) => !LONG.has(name) && value !== null)
  return table(shown.map(([name, value]) => [name, String(value)]))
}

function run({ run }: CallView, io: CommandIo): string {
  if (run === null) return '\nThe call has no run: no recording of it is complete.\n'
  const outcome = run.outcome === null ? '' : `, ${run.outcome}`
  return `\nRun ${run.id}: ${run.status}${outcome}\n${stageLines(run.stages, run.stages, io)}`
}

function resultText({ fields, summary, transcript, others }: Results): string {
  const found = Object.entries(fields)
  return [
    found.length === 0
      ? ''
      : `\nFields\n${table(
          found.map(([name, value]) => [name, shown(value)]),
          '  ',
        )}`,
    summary === null ? '' : paragraph('Summary', summary),
    transcript === null ? '' : paragraph('Transcript', transcript),
    ...Object.entries(others).map(([name, value]) => paragraph(`Artifact ${name}`, JSON.stringify(value, null, 2))),
  ].join('')
}

function shown(value: unknown): string {
  if (value === null) return '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
