import type { Knex } from 'knex'
import { v7 as uuid } from 'uuid'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'

/** The call's row, made where a callback is the first that we hear of the call. Locks it until the commit. */
export async function upsertCall(
  database: Database,
  transaction: Knex.Transaction,
  callSid: string,
  accountSid: string | null,
): Promise<string> {
  const stamp = now(database)
  const [row] = await rowsOf<{ id: string }>(
    database,
    `INSERT INTO call_log (id, call_sid, account_sid, status, created_at, updated_at)
     VALUES (?, ?, ?, 'received', ${stamp}, ${stamp})
     ON CONFLICT (call_sid) DO UPDATE SET
       account_sid = COALESCE(call_log.account_sid, excluded.account_sid), updated_at = excluded.updated_at
     RETURNING id`,
    [uuid(), callSid, accountSid],
    transaction,
  )
  if (row === undefined) throw new Error('an upsert returned no row')
  return row.id
}
