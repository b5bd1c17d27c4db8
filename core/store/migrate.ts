import { parse } from 'node:path'
import { AftercallError, type Logger, thrownMessage } from '../contracts/index.ts'
import type { Database } from './database.ts'
import type { MigrationFile } from './migration-source.ts'

/** How long one process waits for another that is migrating, milliseconds, before it gives up. */
const PATIENCE_MS = 60_000
const LOOK_AGAIN_MS = 250

/** Brings the schema up to date; waits while another process does. Returns the names of what it has run. */
export async function migrate(database: Database, logger: Logger): Promise<readonly string[]> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      const [, names]: [number, string[]] = await database.knex.migrate.latest()
      if (names.length > 0) logger.info({ migrations: names }, `Migrated the database: ${names.join(', ')}`)
      return names
    } catch (error) {
      if (!isLocked(error) && !isRace(error)) throw error
      if (Date.now() > deadline) {
        throw new AftercallError(`the migration lock is held for over a minute: ${thrownMessage(error)}`, {
          code: 'database-unavailable',
          remedy: 'If no other process is migrating, free the lock: `npx knex migrate:unlock`.',
          cause: error,
        })
      }
      logger.info('Another process is migrating the database: waiting')
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
    }
  }
}

/** Names of migrations that have not been run. Throws where the database does not answer. */
export async function pendingMigrations(database: Database): Promise<readonly string[]> {
  const [, pending]: [unknown[], MigrationFile[]] = await database.knex.migrate.list()
  return pending.map(({ file }) => parse(file).name)
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && error.name === 'MigrationLocked'
}

/** Two processes that make Knex's own tables at the same moment: the second sees them appear, and tries again. */
function isRace(error: unknown): boolean {
  return /already exists|duplicate key|UNIQUE constraint failed: knex_migrations|database is locked/.test(
    thrownMessage(error),
  )
}
