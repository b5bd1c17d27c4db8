import type { Knex } from 'knex'
import { json, stamp } from './columns/types.ts'

/** The stages of a run as far as they have come, their attempts, and what they have produced. */
export async function up(knex: Knex): Promise<void> {
  const run = (table: Knex.CreateTableBuilder) =>
    table.uuid('run_id').notNullable().references('id').inTable('run').onDelete('CASCADE')

  await knex.schema.createTable('run_stage', (table) => {
    run(table)
    table.text('stage_id').notNullable()
    table.text('phase').notNullable().comment('main, or final')
    table.text('status').notNullable()
    table.integer('driver').notNullable().comment('0: the first; n: the nth fallback')
    table.integer('driver_attempts').notNullable().comment('spent by this driver')
    table.integer('attempts').notNullable().comment('in all')
    table.text('settles').comment('the outcome that the stage has decided')
    table.text('reason')
    json(knex, table, 'error')
    stamp(knex, table, 'due_at')
    stamp(knex, table, 'started_at')
    stamp(knex, table, 'finished_at')
    table.primary(['run_id', 'stage_id'])
  })
  await knex.raw(`CREATE INDEX run_stage_final ON run_stage (run_id) WHERE phase = 'final'`)
  await knex.schema.createTable('attempt', (table) => {
    run(table)
    table.text('stage_id').notNullable()
    table.integer('number').notNullable()
    table.integer('epoch').notNullable()
    table.text('use').notNullable()
    table.text('result').notNullable()
    json(knex, table, 'error')
    json(knex, table, 'usage')
    stamp(knex, table, 'started_at')
    stamp(knex, table, 'finished_at').notNullable()
    table.primary(['run_id', 'stage_id', 'number'])
  })
  await knex.schema.createTable('artifact', (table) => {
    run(table)
    table.text('stage_id').notNullable()
    table.text('name').notNullable()
    json(knex, table, 'value').notNullable()
    stamp(knex, table, 'created_at').notNullable()
    table.primary(['run_id', 'stage_id'])
  })
  await knex.schema.createTable('part', (table) => {
    run(table)
    table.text('stage_id').notNullable()
    table.text('key').notNullable()
    json(knex, table, 'value').notNullable()
    table.primary(['run_id', 'stage_id', 'key'])
  })
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['part', 'artifact', 'attempt', 'run_stage']) await knex.schema.dropTable(table)
}
