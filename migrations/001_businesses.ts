import type { Knex } from 'knex'
import { json, stamp } from './columns/types.ts'

/** Whose calls they are: found by the exact number that was called or that called. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('business', (table) => {
    table.uuid('id').primary()
    table.text('name').notNullable()
    table.text('language')
    table.text('webhook_url')
    table.text('webhook_secret')
    json(knex, table, 'settings')
    stamp(knex, table, 'created_at').notNullable()
    stamp(knex, table, 'updated_at').notNullable()
  })
  await knex.schema.createTable('business_phone', (table) => {
    table.uuid('business_id').notNullable().references('id').inTable('business').onDelete('CASCADE')
    table.text('phone_e164').notNullable().unique()
    table.index('business_id')
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('business_phone')
  await knex.schema.dropTable('business')
}
