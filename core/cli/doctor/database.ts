import { existsSync } from 'node:fs'
import type { Configuration } from '../../configuration.ts'
import { type Finding, failed, ok, warn } from './finding.ts'

/** What `doctor` asks of a database. */
export interface DatabaseProbe {
  check(): Promise<void>
  pendingMigrations(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Whether the database answers and has today's tables. Makes nothing: a SQLite file is left to the first start. */
export async function checkDatabase(
  { database }: Configuration,
  open: () => DatabaseProbe,
): Promise<readonly Finding[]> {
  if (database.kind === 'sqlite' && database.file !== ':memory:' && !existsSync(database.file)) {
    return [ok('database', `SQLite at ${database.file}: the first start makes it`)]
  }
  const probe = open()
  try {
    await probe.check()
    const where =
      database.kind === 'sqlite' ? `SQLite at ${database.file}` : `Postgres at ${new URL(database.url).host}`
    return [ok('database', `${where} answers`), await checkMigrations(probe)]
  } catch (error) {
    return [failed('database', error, 'Start the database, or correct DATABASE_URL.')]
  } finally {
    await probe.close()
  }
}

async function checkMigrations(probe: DatabaseProbe): Promise<Finding> {
  try {
    const pending = await probe.pendingMigrations()
    if (pending.length === 0) return ok('migrations', 'up to date')
    const remedy = 'The next `aftercall start` runs them; so does `npx knex migrate:latest`.'
    return warn('migrations', `${pending.length} to run: ${pending.join(', ')}`, remedy)
  } catch (error) {
    return failed('migrations', error, 'Run `npx knex migrate:latest` and read what it says.')
  }
}
