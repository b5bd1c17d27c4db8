import type { Knex } from 'knex'

/** Twilio's word and its place in the order, of callbacks that tell how a call stands. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('callback', (table) => {
    table.text('call_status')
    table.integer('sequence_number')
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE callback DROP COLUMN sequence_number')
  await knex.raw('ALTER TABLE callback DROP COLUMN call_status')
}
