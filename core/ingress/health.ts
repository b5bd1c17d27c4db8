import { AftercallError, type Logger } from '../contracts/index.ts'
import type { Queue } from '../queue/queue.ts'
import type { Store } from '../store/store.ts'

/** What must work before callbacks and runs do. */
export type Part = 'database' | 'migrations' | 'queue'

/** The parts that do not work at present. Why goes to the log: who asks may be anybody. */
export async function failingParts(store: Store, queue: Queue, logger: Logger): Promise<readonly Part[]> {
  const checks: readonly (readonly [Part, () => Promise<void>])[] = [
    ['database', () => store.check()],
    ['migrations', () => checkMigrations(store)],
    ['queue', () => queue.check()],
  ]
  const failing: Part[] = []
  for (const [part, check] of checks) {
    // Without a database nobody can say what has been migrated.
    if (part === 'migrations' && failing.includes('database')) continue
    try {
      await check()
    } catch (error) {
      logger.warn({ err: error, part }, 'Not ready')
      failing.push(part)
    }
  }
  return failing
}

async function checkMigrations(store: Store): Promise<void> {
  const pending = await store.pendingMigrations()
  if (pending.length === 0) return
  throw new AftercallError(`migrations are pending: ${pending.join(', ')}`, {
    code: 'database-unavailable',
    remedy: 'Run `npx knex migrate:latest`, or start Aftercall, which does it.',
  })
}
