import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import knex, { type Knex } from 'knex'
import { AftercallError, thrownMessage } from '../contracts/index.ts'
import { migrationSource } from './migration-source.ts'

/** Which database; a part of the configuration. */
export type DatabaseAddress =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }

/** An open database. All SQL that differs between the two kinds asks here which one it is. */
export interface Database {
  readonly kind: 'sqlite' | 'postgres'
  readonly knex: Knex
}

export interface DatabaseOptions {
  readonly address: DatabaseAddress
  /** Folder of the migrations. */
  readonly migrations: string
  /** Connections of the pool, Postgres only. */
  readonly connections?: number
}

/** The settings that the program and `npx knex` share, so that both see one database in one way. */
export function knexSettings({ address, migrations, connections = 10 }: DatabaseOptions): Knex.Config {
  const shared = {
    migrations: { migrationSource: migrationSource(migrations), tableName: 'knex_migrations' },
    useNullAsDefault: true,
    acquireConnectionTimeout: 10_000,
    // The values of a failed statement would stand in its message, and from there in the log: transcripts, numbers.
    compileSqlOnError: false,
    // Whatever goes wrong is thrown; Knex would print it as well, between the lines of the log.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  } satisfies Knex.Config
  if (address.kind === 'postgres') {
    return {
      ...shared,
      client: 'pg',
      connection: { connectionString: address.url, connectionTimeoutMillis: 5_000, application_name: 'aftercall' },
      pool: { min: 0, max: connections },
    }
  }
  return {
    ...shared,
    client: 'better-sqlite3',
    connection: { filename: address.file },
    // One connection: SQLite has one writer anyway, and a second connection would only wait for it.
    pool: {
      min: 1,
      max: 1,
      afterCreate: (connection: SqliteConnection, done: (error: unknown, connection: SqliteConnection) => void) => {
        try {
          connection.pragma('journal_mode = WAL')
          connection.pragma('foreign_keys = ON')
          connection.pragma('busy_timeout = 5000')
          // FULL: what was acknowledged must survive a power cut. NORMAL would sync only at checkpoints of the WAL.
          connection.pragma('synchronous = FULL')
          done(null, connection)
        } catch (error) {
          done(error, connection)
        }
      },
    },
  }
}

interface SqliteConnection {
  pragma(text: string): unknown
}

/**
 * Opens the database. Connects lazily: a server that is down shows at the first query. Throws `bad-configuration` where
 * there can be no folder for the file.
 */
export function openDatabase(options: DatabaseOptions): Database {
  if (options.address.kind === 'sqlite' && options.address.file !== ':memory:') {
    makeFolder(dirname(options.address.file))
  }
  return { kind: options.address.kind, knex: knex(knexSettings(options)) }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new AftercallError(`${folder} cannot hold the database: ${thrownMessage(error)}`, {
      code: 'bad-configuration',
      remedy: 'Set DATA_DIR (or DATABASE_URL) to a folder that this user may write to.',
      cause: error,
    })
  }
}

/** Runs SQL whose `?` stand for `bindings`, and returns its rows, whichever the database. */
export async function rowsOf<Row>(
  database: Database,
  sql: string,
  bindings: readonly Knex.Value[] = [],
  transaction?: Knex.Transaction,
): Promise<Row[]> {
  const answer: unknown = await (transaction ?? database.knex).raw(sql, bindings)
  // The one place where the shape of a raw answer is known: pg wraps rows, better-sqlite3 returns them as they are.
  return (database.kind === 'postgres' ? (answer as { rows: Row[] }).rows : answer) as Row[]
}

/** Whether the database answers; throws `database-unavailable` with the cause where it does not. */
export async function checkDatabase(database: Database): Promise<void> {
  try {
    await database.knex.raw('SELECT 1')
  } catch (error) {
    throw new AftercallError(`the database does not answer: ${thrownMessage(error)}`, {
      code: 'database-unavailable',
      cause: error,
    })
  }
}
