import type { Knex } from 'knex'
import { v7 as uuid } from 'uuid'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { jsonText } from './rows.ts'

export interface NewCallback {
  /** What makes a repetition a repetition. */
  readonly key: string
  /** `leg`: the status of a call that another one has made, which is a row of that one. */
  readonly kind: 'recording' | 'status' | 'voice' | 'leg'
  readonly callSid: string
  /** The whole form. */
  readonly payload: unknown
  readonly callStatus?: string
  readonly sequenceNumber?: number | null
}

/** Keeps a callback; false where it is there already. */
export async function insertCallback(
  database: Database,
  transaction: Knex.Transaction,
  { key, kind, callSid, payload, callStatus, sequenceNumber }: NewCallback,
): Promise<boolean> {
  const rows = await rowsOf(
    database,
    `INSERT INTO callback (id, dedup_key, kind, call_sid, payload, call_status, sequence_number, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ${now(database)}) ON CONFLICT (dedup_key) DO NOTHING RETURNING id`,
    [uuid(), key, kind, callSid, jsonText(payload), callStatus ?? null, sequenceNumber ?? null],
    transaction,
  )
  return rows.length > 0
}
