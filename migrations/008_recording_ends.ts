import type { Knex } from 'knex'
import { stamp } from './columns/types.ts'

/** What becomes of recordings in the end: deleted at Twilio, erased here. `…_due_at` says when to try (again). */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('recording', (table) => {
    stamp(knex, table, 'deleted_at')
    stamp(knex, table, 'delete_due_at')
    stamp(knex, table, 'erased_at')
    stamp(knex, table, 'erase_due_at')
  })
  // Only what is still there, so that looking for it costs the same however much is gone.
  await knex.raw(`CREATE INDEX recording_at_twilio ON recording (created_at)
    WHERE deleted_at IS NULL AND source = 'twilio'`)
  await knex.raw('CREATE INDEX recording_kept ON recording (created_at) WHERE erased_at IS NULL')
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX recording_at_twilio')
  await knex.raw('DROP INDEX recording_kept')
  await knex.schema.alterTable('recording', (table) => {
    table.dropColumns('deleted_at', 'delete_due_at', 'erased_at', 'erase_due_at')
  })
}
