import type { Knex } from 'knex'
import { json, stamp } from './columns/types.ts'

/** One row per call: what people and other programs read. Its columns are relied on from outside. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('call_log', (table) => {
    table.uuid('id').primary()
    table.text('call_sid').notNullable().unique()
    table.text('account_sid')
    table.uuid('business_id').references('id').inTable('business').onDelete('SET NULL')
    table.text('direction')
    table.text('from_number')
    table.text('to_number')
    table.text('status').notNullable()
    table.text('call_status')
    table.double('duration_sec')
    table.text('recording_sid')
    table.text('recording_url')
    table.text('recording_status')
    table.double('recording_duration_sec')
    table.integer('recording_channels')
    table.text('final_transcript')
    table.text('transcript_language')
    table.text('transcript_source')
    table.text('summary')
    table.text('extracted_city')
    table.text('extracted_service')
    json(knex, table, 'extraction')
    table.text('error_code')
    table.text('error_message')
    stamp(knex, table, 'started_at')
    stamp(knex, table, 'ended_at')
    stamp(knex, table, 'created_at').notNullable()
    stamp(knex, table, 'updated_at').notNullable()
    table.index(['created_at', 'id'])
    table.index(['status', 'created_at'])
    table.index('business_id')
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('call_log')
}
