import type { CallRecord } from '../../store/calls.ts'
import { table } from './table.ts'

const HEADINGS = ['CALL', 'BEGAN', 'FROM', 'TO', 'LENGTH', 'STATUS', 'CITY', 'SERVICE']

/** Calls as a table, what strangers said in its last columns, where no width can do harm. */
export function callTable(calls: readonly CallRecord[]): string {
  return table([HEADINGS, ...calls.map(cells)])
}

function cells(call: CallRecord): readonly string[] {
  return [
    call.call_sid,
    (call.started_at ?? call.created_at).replace('T', ' ').replace(/\.\d+Z$/, ''),
    call.from_number ?? '',
    call.to_number ?? '',
    minutes(call.duration_sec ?? call.recording_duration_sec),
    call.status,
    call.extracted_city ?? '',
    call.extracted_service ?? '',
  ]
}

/** Seconds as `4:05`. */
function minutes(seconds: number | null): string {
  if (seconds === null) return ''
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
