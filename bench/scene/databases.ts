import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import pg from 'pg'

export type DatabaseKind = 'sqlite' | 'postgres'

/** A server where databases may be created; the tests use the same one. */
const POSTGRES = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

export interface FreshDatabase {
  /** A DATABASE_URL of an empty database. */
  readonly url: string
  drop(): Promise<void>
}

/** There is no Postgres to measure on. */
export class NoPostgres extends Error {
  override readonly name = 'NoPostgres'
}

/** An empty database; one of SQLite lies in `folder`. Throws NoPostgres where there is no server. */
export async function freshDatabase(kind: DatabaseKind, folder: string): Promise<FreshDatabase> {
  const name = `aftercall_bench_${randomBytes(6).toString('hex')}`
  if (kind === 'sqlite') return { url: `sqlite:${join(folder, `${name}.db`)}`, drop: async () => {} }
  await administer(`CREATE DATABASE ${name}`)
  const url = new URL(POSTGRES)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRES, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
  } catch (error) {
    throw new NoPostgres(`no Postgres at ${new URL(POSTGRES).host}; TEST_POSTGRES_URL names another`, { cause: error })
  }
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
