import type { Knex } from 'knex'
import type { Checkpoint } from './checkpoint.ts'
import type { Database } from './database.ts'
import { type Columns, type ColumnType, updateRows } from './rows.ts'

/** The columns of `call_log` that checkpoints write, with their types. */
const CALL_COLUMNS: Readonly<Record<string, ColumnType>> = {
  status: 'text',
  error_code: 'text',
  error_message: 'text',
  recording_url: 'text',
  recording_duration_sec: 'real',
  recording_channels: 'integer',
  final_transcript: 'text',
  transcript_language: 'text',
  transcript_source: 'text',
  summary: 'text',
  extracted_city: 'text',
  extracted_service: 'text',
  extraction: 'json',
}

/** Writes what checkpoints change on calls. One statement per set of columns; nearly always a whole batch writes one or two sets. */
export async function updateCalls(
  database: Database,
  transaction: Knex.Transaction,
  batch: readonly Checkpoint[],
): Promise<void> {
  const bySet = new Map<string, Record<string, unknown>[]>()
  for (const { hold, call } of batch) {
    if (call === null) continue
    const names = Object.keys(CALL_COLUMNS).filter((name) => Object.hasOwn(call.columns, name))
    if (names.length === 0) continue
    const rows = bySet.get(names.join()) ?? []
    rows.push({ ...call.columns, id: call.callId, recording_sid: call.recordingSid, run_id: hold.runId, updated_at: 0 })
    bySet.set(names.join(), rows)
  }
  for (const [set, rows] of bySet) {
    const names = [...set.split(','), 'updated_at']
    const columns: Columns = {
      ...Object.fromEntries(names.map((name) => [name, CALL_COLUMNS[name] ?? 'clock'])),
      id: 'uuid',
      recording_sid: 'text',
      run_id: 'uuid',
    }
    await updateRows(database, transaction, 'call_log', columns, ['id', 'recording_sid'], rows, {
      set: Object.fromEntries(names.map((name) => [name, `v."${name}"`])),
      where: `EXISTS (SELECT 1 FROM recording
        WHERE recording.recording_sid = call_log.recording_sid AND recording.run_id = v.run_id)`,
      returning: ['id'],
    })
  }
}
