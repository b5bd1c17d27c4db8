import type { Knex } from 'knex'
import { businessSettings } from './business-settings.ts'
import { type Database, rowsOf } from './database.ts'

/** What a business says of calls to it. */
export interface VoiceBusiness {
  readonly id: string
  readonly language: string | null
  /** E.164; its calls are put through to it. */
  readonly forwardTo: string | null
  /** Its own announcement. */
  readonly announcement: string | null
}

/** The business that a call belongs to; null where it is nobody's. */
export async function businessOfCall(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
): Promise<VoiceBusiness | null> {
  const [row] = await rowsOf<{ id: string; language: string | null; settings: unknown }>(
    database,
    `SELECT business.id, business.language, business.settings
     FROM call_log JOIN business ON business.id = call_log.business_id WHERE call_log.id = ?`,
    [callId],
    transaction,
  )
  if (row === undefined) return null
  const { forwardTo, announcement } = businessSettings(row.settings)
  return { id: row.id, language: row.language, forwardTo, announcement }
}
