import type { Knex } from 'knex'
import { stamp } from './columns/types.ts'

/** How far the recordings of an account are known, and who is asking Twilio for more just now. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('sync', (table) => {
    table.text('account_sid').primary()
    stamp(knex, table, 'cursor')
    stamp(knex, table, 'due_at')
    table.uuid('owner')
    stamp(knex, table, 'leased_until')
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('sync')
}
