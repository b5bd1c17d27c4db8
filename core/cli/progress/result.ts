import type { CallView } from '../../api/call-view.ts'

/** What became of a call, for people: outcome, fields, summary, transcript. */
export function renderResult({ call, run }: CallView): string {
  const rows: readonly (readonly [string, string | null])[] = [
    ['Outcome', outcome(run, call.error_message)],
    ['City', call.extracted_city],
    ['Service', call.extracted_service],
    ['Fields', fields(call.extraction)],
    ['Summary', call.summary],
    ['Transcript', call.final_transcript === null ? null : `\n${indent(call.final_transcript)}`],
  ]
  const shown = rows.flatMap(([label, value]) => (value === null || value === '' ? [] : [`${label}: ${value}`]))
  return `${shown.join('\n')}\n`
}

function outcome(run: CallView['run'], message: string | null): string {
  const status = run?.outcome ?? run?.status ?? 'none'
  return message === null ? status : `${status} (${message})`
}

/** Fields that have no column of their own. */
function fields(extraction: unknown): string {
  if (typeof extraction !== 'object' || extraction === null) return ''
  return Object.entries(extraction)
    .filter(([name, value]) => name !== 'city' && name !== 'service' && value !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ')
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
