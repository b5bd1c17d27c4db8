import type { Knex } from 'knex'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { jsonText, parseJson } from './rows.ts'

/** Keeps a plan's spec under its hash, so that a run can go on with the pipeline it began with. */
export async function savePlan(
  database: Database,
  plan: { readonly hash: string; readonly spec: unknown },
  transaction?: Knex.Transaction,
): Promise<void> {
  await rowsOf(
    database,
    `INSERT INTO plan (hash, spec, created_at) VALUES (?, ?, ${now(database)}) ON CONFLICT (hash) DO NOTHING`,
    [plan.hash, jsonText(plan.spec)],
    transaction,
  )
}

/** The spec of a kept plan; undefined where there is none. Its shape is the pipeline's business. */
export async function planSpec(database: Database, hash: string): Promise<unknown> {
  const [row] = await rowsOf<{ spec: unknown }>(database, 'SELECT spec FROM plan WHERE hash = ?', [hash])
  return row === undefined ? undefined : parseJson(row.spec)
}
