import type { Knex } from 'knex'

/** A moment: ISO-8601 text in UTC with milliseconds on SQLite, `timestamptz(3)` on Postgres. */
export function stamp(knex: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return knex.client.config.client === 'pg'
    ? table.specificType(name, 'timestamptz(3)')
    : table.specificType(name, 'text')
}

/** JSON: text on SQLite, `jsonb` on Postgres. */
export function json(knex: Knex, table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return table.specificType(name, knex.client.config.client === 'pg' ? 'jsonb' : 'text')
}
