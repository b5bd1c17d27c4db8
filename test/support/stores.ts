import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../core/contracts/index.ts'
import { type DatabaseAddress, rowsOf } from '../../core/store/database.ts'
import { openStore, type Store } from '../../core/store/store.ts'
import { freshPostgres } from './postgres.ts'

export const MIGRATIONS = join(import.meta.dirname, '../../migrations')

/** A database that a suite has to itself; only inside of tests and hooks. */
export interface GivenDatabase {
  readonly kind: 'sqlite' | 'postgres'
  /** Empty before the first test. */
  readonly address: DatabaseAddress
}

/** Declares the same tests for each kind of database. */
export function onEachDatabase(declare: (given: GivenDatabase) => void): void {
  describe('on SQLite', () => {
    let folder = ''
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'aftercall-store-'))
    })
    declare({
      kind: 'sqlite',
      get address() {
        return { kind: 'sqlite' as const, file: join(folder, 'aftercall.db') }
      },
    })
    after(() => rm(folder, { recursive: true, force: true }))
  })
  describe('on Postgres', () => {
    const postgres = freshPostgres()
    declare({
      kind: 'postgres',
      get address() {
        return { kind: 'postgres' as const, url: postgres.url }
      },
    })
  })
}

/** Declares the same tests for a store of each kind, migrated, and empty before each test. */
export function onEachStore(declare: (store: () => Store) => void): void {
  onEachDatabase((given) => {
    let store: Store | undefined
    const opened = () => {
      if (store === undefined) throw new Error('a store is there only inside of tests')
      return store
    }
    before(async () => {
      store = openStore({ address: given.address, migrations: MIGRATIONS })
      await store.migrate(silentLogger)
    })
    beforeEach(() => emptyStore(opened()))
    declare(opened)
    after(() => store?.close())
  })
}

/** Removes everything that callbacks, runs and workers have left in a migrated database. */
export async function emptyStore({ database }: Store): Promise<void> {
  for (const table of ['callback', 'call_log', 'plan', 'worker', 'business', 'sync']) {
    await rowsOf(database, `DELETE FROM ${table}`)
  }
}
