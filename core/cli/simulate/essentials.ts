import { harmless, table } from '../calls/table.ts'
import type { SeenCall } from './call-reader.ts'

/** The columns that tell whether a call went through. */
export function essentials({ call, run }: SeenCall): string {
  const columns: readonly (readonly [string, string | number | null])[] = [
    ['call_sid', call.call_sid],
    ['status', call.status],
    ['outcome', run?.outcome ?? null],
    ['recording_sid', call.recording_sid],
    ['recording_url', call.recording_url],
    ['chars', call.final_transcript === null ? null : call.final_transcript.length],
    ['extracted_city', call.extracted_city],
    ['extracted_service', call.extracted_service],
    ['summary', call.summary],
  ]
  return table(columns.map(([name, value]) => [name, harmless(String(value ?? '–'))]))
}
