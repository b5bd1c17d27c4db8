import type { JsonValue } from '../contracts/index.ts'
import type { Hold } from './checkpoint.ts'
import { type Database, rowsOf } from './database.ts'
import { jsonText, parseJson } from './rows.ts'

/** The parts that a stage has kept by `once`, by key. */
export async function partsOf(
  database: Database,
  runId: string,
  stage: string,
): Promise<ReadonlyMap<string, JsonValue>> {
  const rows = await rowsOf<{ key: string; value: unknown }>(
    database,
    'SELECT key, CAST(value AS text) AS value FROM part WHERE run_id = ? AND stage_id = ?',
    [runId, stage],
  )
  // What went in as JSON comes out as JSON.
  return new Map(rows.map(({ key, value }) => [key, parseJson(value) as JsonValue]))
}

/** Keeps a part while the run is still held; false where it is not (fenced). */
export async function savePart(
  database: Database,
  hold: Hold,
  stage: string,
  key: string,
  value: JsonValue,
): Promise<boolean> {
  const rows = await rowsOf(
    database,
    `INSERT INTO part (run_id, stage_id, key, value)
     SELECT run.id, ?, ?, ${database.kind === 'postgres' ? '?::jsonb' : '?'} FROM run
     WHERE run.id = ? AND run.epoch = ? AND run.owner = ?
     ON CONFLICT (run_id, stage_id, key) DO UPDATE SET value = excluded.value
     RETURNING 1 AS written`,
    [stage, key, jsonText(value), hold.runId, hold.epoch, hold.owner],
  )
  return rows.length > 0
}
