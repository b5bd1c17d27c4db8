import type { Knex } from 'knex'
import { stamp } from './columns/types.ts'

/** Live audio that becomes the recording of its call where Twilio has none: `waits_since` while that is open. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('recording', (table) => {
    stamp(knex, table, 'waits_since')
  })
  // Only the streams of calls that have just ended, and only files that are still there: both stay small.
  await knex.raw('CREATE INDEX recording_waits ON recording (waits_since) WHERE waits_since IS NOT NULL')
  await knex.raw(`CREATE INDEX recording_stream ON recording (call_id) WHERE source = 'stream' AND file IS NOT NULL`)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX recording_stream')
  await knex.raw('DROP INDEX recording_waits')
  await knex.raw('ALTER TABLE recording DROP COLUMN waits_since')
}
