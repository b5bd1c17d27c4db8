import type { Knex } from 'knex'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'

/** Who called whom, as far as Twilio says it. */
export interface Parties {
  readonly direction: string | null
  readonly from: string | null
  readonly to: string | null
}

/** What all callbacks of a call say alike: the first to say it is believed, and tells whose call it is. */
export async function updateParties(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
  { direction, from, to }: Parties,
): Promise<void> {
  await rowsOf(
    database,
    `UPDATE call_log SET direction = COALESCE(direction, ?), from_number = COALESCE(from_number, ?),
       to_number = COALESCE(to_number, ?),
       business_id = COALESCE(business_id, (SELECT business_id FROM business_phone WHERE phone_e164 =
         CASE WHEN COALESCE(direction, ?) LIKE 'outbound%' THEN COALESCE(from_number, ?) ELSE COALESCE(to_number, ?) END)),
       updated_at = ${now(database)}
     WHERE id = ?`,
    [direction, from, to, direction, from, to, callId],
    transaction,
  )
}
