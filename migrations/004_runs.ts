import type { Knex } from 'knex'
import { json, stamp } from './columns/types.ts'

/** Plans, recordings, and one plan over one recording: a run. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('plan', (table) => {
    table.text('hash').primary()
    json(knex, table, 'spec').notNullable()
    stamp(knex, table, 'created_at').notNullable()
  })
  await knex.schema.createTable('run', (table) => {
    table.uuid('id').primary()
    table.uuid('call_id').notNullable().references('id').inTable('call_log').onDelete('CASCADE')
    table.text('recording_sid').notNullable()
    table.text('plan_hash').notNullable().references('hash').inTable('plan')
    table.uuid('rerun_of')
    table.text('status').notNullable()
    table.text('outcome')
    table.text('reason')
    json(knex, table, 'error')
    table.text('cancel_requested')
    table.uuid('owner')
    table.integer('epoch').notNullable().defaultTo(0)
    table.integer('claims').notNullable().defaultTo(0)
    stamp(knex, table, 'due_at')
    stamp(knex, table, 'created_at').notNullable()
    stamp(knex, table, 'started_at')
    stamp(knex, table, 'decided_at')
    stamp(knex, table, 'settled_at')
    table.index('call_id')
    table.index('recording_sid')
  })
  // Only what waits, and only what is owned: both stay small however many runs have settled.
  await knex.raw(`CREATE INDEX run_due ON run (due_at) WHERE status IN ('queued', 'waiting')`)
  await knex.raw('CREATE INDEX run_owner ON run (owner) WHERE owner IS NOT NULL')
  await knex.schema.createTable('recording', (table) => {
    table.text('recording_sid').primary()
    table.uuid('call_id').notNullable().references('id').inTable('call_log').onDelete('CASCADE')
    table.text('source').notNullable()
    table.text('file')
    table.text('status').notNullable()
    table.integer('channels')
    table.double('duration_sec')
    table.text('error_code')
    table.uuid('run_id').references('id').inTable('run').onDelete('SET NULL')
    stamp(knex, table, 'started_at')
    stamp(knex, table, 'created_at').notNullable()
    table.index('call_id')
    table.index('run_id')
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('recording')
  await knex.schema.dropTable('run')
  await knex.schema.dropTable('plan')
}
