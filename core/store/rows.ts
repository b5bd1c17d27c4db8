import type { Knex } from 'knex'
import { fromNow } from './clock.ts'
import { type Database, rowsOf } from './database.ts'

/**
 * Many rows in one statement. The rows travel as one JSON parameter and become a relation inside the database, which
 * is by far the fastest way on both (measured on SQLite: 257,000 rows/s against 18,000 by a builder), and the text of
 * the statement does not depend on their number, so that it is prepared once.
 *
 * `clock` is a stamp given as milliseconds from now (negative: ago). `json` is any value, stored as JSON, and null as
 * no value; in a column of `json-value` null is a value like any other.
 */
export type ColumnType = 'text' | 'integer' | 'real' | 'json' | 'json-value' | 'uuid' | 'stamp' | 'clock'
export type Columns = Readonly<Record<string, ColumnType>>
export type RowOf<C extends Columns> = { readonly [K in keyof C]: unknown }

/** The rows of the JSON parameter as `(SELECT … ) AS v`, to be put after FROM. */
function relation(database: Database, columns: Columns): string {
  const names = Object.entries(columns)
  if (database.kind === 'sqlite') {
    const selected = names.map(([name, type]) => {
      const extracted = `json_extract(value, '$.${name}')`
      return `${type === 'clock' ? fromNow(database, extracted) : extracted} AS "${name}"`
    })
    return `(SELECT ${selected.join(', ')} FROM json_each(?)) AS v`
  }
  const selected = names.map(([name, type]) => {
    if (type === 'clock') return `${fromNow(database, `"${name}"`)} AS "${name}"`
    return isJson(type) ? `"${name}"::jsonb AS "${name}"` : `"${name}"`
  })
  const declared = names.map(([name, type]) => `"${name}" ${POSTGRES_TYPE[type]}`)
  return `(SELECT ${selected.join(', ')} FROM json_to_recordset(?::json) AS r(${declared.join(', ')})) AS v`
}

const POSTGRES_TYPE: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'bigint',
  real: 'double precision',
  json: 'text',
  'json-value': 'text',
  uuid: 'uuid',
  stamp: 'timestamptz',
  clock: 'double precision',
}

function isJson(type: ColumnType | undefined): boolean {
  return type === 'json' || type === 'json-value'
}

/** The JSON parameter: values of JSON columns are stringified by themselves, so that a string stays a JSON string. */
function rowsParameter(columns: Columns, rows: readonly Readonly<Record<string, unknown>>[]): string {
  const json = Object.keys(columns).filter((name) => isJson(columns[name]))
  if (json.length === 0) return jsonText(rows)
  const texts = (row: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(json.map((name) => [name, columnText(row[name] ?? null, columns[name])]))
  return jsonText(rows.map((row) => ({ ...row, ...texts(row) })))
}

function columnText(value: unknown, type: ColumnType | undefined): string | null {
  return value === null && type === 'json' ? null : jsonText(value)
}

/**
 * JSON that both databases take. Postgres refuses U+0000 and lone surrogates in text, and a provider may send them:
 * they are dropped, or replaced by U+FFFD, instead of failing the checkpoint for ever.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  if (!UNSTORABLE.test(text)) return text
  return JSON.stringify(storable(JSON.parse(text)))
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value)
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [storableText(name), storable(part)]))
}

function storableText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}

/** JSON.stringify escapes exactly these: NUL, and surrogates that stand alone. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/i

export interface InsertOptions {
  /** Columns of the unique key; what stands there already is left as it is, or updated. */
  readonly conflict?: { readonly key: readonly string[]; readonly policy: 'ignore' | 'update' }
  /** A condition on `v` (`EXISTS (…)`), without bindings. */
  readonly where?: string
}

/** Inserts all rows in one statement, and returns the number of rows written. */
export async function insertRows<C extends Columns>(
  database: Database,
  transaction: Knex.Transaction,
  table: string,
  columns: C,
  rows: readonly RowOf<C>[],
  { conflict, where }: InsertOptions = {},
): Promise<number> {
  if (rows.length === 0) return 0
  const names = Object.keys(columns).map((name) => `"${name}"`)
  const written = await rowsOf<{ written: number }>(
    database,
    // `WHERE true` lets SQLite tell ON CONFLICT from a join constraint.
    `INSERT INTO "${table}" (${names.join(', ')}) SELECT ${names.join(', ')} FROM ${relation(database, columns)}
     WHERE ${where ?? 'true'}${conflict === undefined ? '' : onConflict(columns, conflict)} RETURNING 1 AS written`,
    [rowsParameter(columns, rows)],
    transaction,
  )
  return written.length
}

function onConflict(columns: Columns, conflict: NonNullable<InsertOptions['conflict']>): string {
  const target = ` ON CONFLICT (${conflict.key.map((name) => `"${name}"`).join(', ')})`
  if (conflict.policy === 'ignore') return `${target} DO NOTHING`
  const rest = Object.keys(columns).filter((name) => !conflict.key.includes(name))
  return `${target} DO UPDATE SET ${rest.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`
}

export interface UpdateOptions {
  /** Conditions beside the keys, of `v` and the table, without bindings. */
  readonly where?: string
  /** SQL for a column, instead of its value in `v`. */
  readonly set?: Readonly<Record<string, string>>
  /** Columns of the table to be returned. */
  readonly returning: readonly string[]
}

/** Updates all rows in one statement; each row must match one row of the table at most. Returns what was written. */
export async function updateRows<Row>(
  database: Database,
  transaction: Knex.Transaction,
  table: string,
  columns: Columns,
  keys: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
  { where = 'true', set, returning }: UpdateOptions,
): Promise<Row[]> {
  if (rows.length === 0) return []
  const values =
    set ??
    Object.fromEntries(
      Object.keys(columns)
        .filter((name) => !keys.includes(name))
        .map((name) => [name, `v."${name}"`]),
    )
  return rowsOf<Row>(
    database,
    `UPDATE "${table}" SET ${Object.entries(values)
      .map(([name, sql]) => `"${name}" = ${sql}`)
      .join(', ')}
     FROM ${relation(database, columns)}
     WHERE ${keys.map((name) => `"${table}"."${name}" = v."${name}"`).join(' AND ')} AND ${where}
     RETURNING ${returning.map((name) => `"${table}"."${name}"`).join(', ')}`,
    [rowsParameter(columns, rows)],
    transaction,
  )
}

/** Deletes what has these keys, in one statement. */
export async function deleteRows<C extends Columns>(
  database: Database,
  transaction: Knex.Transaction,
  table: string,
  keys: C,
  rows: readonly RowOf<C>[],
): Promise<void> {
  if (rows.length === 0) return
  const names = Object.keys(keys)
    .map((name) => `"${name}"`)
    .join(', ')
  await rowsOf(
    database,
    `DELETE FROM "${table}" WHERE (${names}) IN (SELECT ${names} FROM ${relation(database, keys)})`,
    [rowsParameter(keys, rows)],
    transaction,
  )
}

/**
 * A JSON column as it is read: Postgres parses it, SQLite hands out its text. Where the value may be a string it must
 * be selected as text (`CAST(value AS text)`), because nobody can tell whether a string has been parsed.
 */
export function parseJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : (value ?? null)
}
