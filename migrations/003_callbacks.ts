import type { Knex } from 'knex'
import { json, stamp } from './columns/types.ts'

/** What Twilio told us, once each: `dedup_key` is what makes a repetition a repetition. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('callback', (table) => {
    table.uuid('id').primary()
    table.text('dedup_key').notNullable().unique()
    table.text('kind').notNullable()
    table.text('call_sid').notNullable().index()
    json(knex, table, 'payload').notNullable()
    stamp(knex, table, 'received_at').notNullable()
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('callback')
}
