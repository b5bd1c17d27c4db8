import type { Knex } from 'knex'
import { stamp } from './columns/types.ts'

/** A worker's lease is its heartbeat. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('worker', (table) => {
    table.uuid('id').primary()
    table.text('host').notNullable()
    table.integer('pid').notNullable()
    stamp(knex, table, 'started_at').notNullable()
    stamp(knex, table, 'heartbeat_at').notNullable().index()
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('worker')
}
