import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { skipWithout } from './absent.ts'

/** A server where the tests may create databases; `TEST_POSTGRES_URL` names another. */
const SERVER = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

export interface FreshPostgres {
  /** A DATABASE_URL; only inside of tests and hooks. */
  readonly url: string
}

/** Put into a suite: it has an empty database of its own, dropped afterwards with whatever is still connected. */
export function freshPostgres(): FreshPostgres {
  const name = `aftercall_test_${randomBytes(6).toString('hex')}`
  const url = new URL(SERVER)
  url.pathname = `/${name}`

  before(async function () {
    const missing = await administer(`CREATE DATABASE ${name}`)
    if (missing !== undefined) skipWithout(this, `no Postgres at ${new URL(SERVER).host} (${missing})`)
  })
  after(async () => {
    await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  })
  return { url: url.href }
}

/** Runs one statement on the server itself; answers why there was none to run it on. */
async function administer(statement: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: SERVER, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
  try {
    await client.query(statement)
    return undefined
  } finally {
    await client.end()
  }
}
