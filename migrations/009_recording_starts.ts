import type { Knex } from 'knex'
import { stamp } from './columns/types.ts'

/** What we have done to have a call recorded: at most one row per call, so that nothing is recorded twice. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('recording_start', (table) => {
    table.uuid('call_id').primary().references('id').inTable('call_log').onDelete('CASCADE')
    table.text('asked_by').notNullable().comment('dial, start, record: by TwiML; rest: by a request')
    table.text('state').notNullable().comment('asked, due, started, over, refused')
    table.integer('attempts').notNullable().defaultTo(0)
    stamp(knex, table, 'due_at')
    stamp(knex, table, 'created_at').notNullable()
  })
  // Only what is open: it stays small however many calls there have been.
  await knex.raw(`CREATE INDEX recording_start_open ON recording_start (state, due_at) WHERE state IN ('asked', 'due')`)
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('recording_start')
}
