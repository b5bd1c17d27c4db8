import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from '../app.ts'
import type { Configuration } from '../configuration.ts'
import { AftercallError, silentLogger } from '../contracts/index.ts'
import { openStore, type Store } from '../store/store.ts'

const MIGRATIONS = join(import.meta.dirname, '../../migrations')

/** Tables of a version that this program does not know, or none: neither may be read, and a command makes none. */
const UNREADABLE = 'database-not-migrated'

/**
 * Opens the database that is there. Neither makes nor migrates one: throws `database-not-migrated` where that would be
 * needed, and `database-unavailable` where none answers.
 */
export async function openExisting(configuration: Configuration): Promise<Store> {
  requireFile(configuration)
  const store = openStore({ address: configuration.database, migrations: MIGRATIONS })
  try {
    await requireCurrent(store)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Works on the database that is there, and closes it. Throws what `openExisting` throws. */
export async function withStore<T>(configuration: Configuration, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openExisting(configuration)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** As `withStore`, with the pipeline in force. Throws `bad-configuration` too, where that cannot be used. */
export async function withApp<T>(configuration: Configuration, work: (app: App) => Promise<T>): Promise<T> {
  requireFile(configuration)
  // Loaded here because it brings the engine and every driver of the pipeline, which `withStore` does without.
  const { openApp } = await import('../app.ts')
  const app = await openApp({ configuration, logger: silentLogger })
  try {
    await requireCurrent(app.store)
    return await work(app)
  } finally {
    await app.close()
  }
}

/** Looked at first, because SQLite makes a file of any name that it is asked to open. */
function requireFile({ database }: Configuration): void {
  if (database.kind !== 'sqlite' || database.file === ':memory:' || existsSync(database.file)) return
  throw new AftercallError(`there is no database ${database.file}`, {
    code: UNREADABLE,
    remedy: 'The first `aftercall start` makes it. If there is one elsewhere, DATABASE_URL or DATA_DIR must name it.',
  })
}

async function requireCurrent(store: Store): Promise<void> {
  await store.check()
  // Asked before the migrations are, because Knex makes its own tables when it is asked for those.
  if (!(await store.database.knex.schema.hasTable('knex_migrations'))) {
    throw new AftercallError('the database has none of the tables of Aftercall', { code: UNREADABLE })
  }
  const pending = await store.pendingMigrations()
  if (pending.length > 0) {
    throw new AftercallError(`the database is not up to date: ${pending.join(', ')} to run`, { code: UNREADABLE })
  }
}
