import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { Checkpoint, Committed } from './checkpoint.ts'
import { commitBatch } from './commit-batch.ts'
import type { Database } from './database.ts'

interface Waiting {
  readonly checkpoint: Checkpoint
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: unknown) => void
}

/** How many checkpoints one transaction takes: enough to share the cost of the sync, short enough to stay quick. */
const BATCH = 64

/**
 * Commits checkpoints: one at a time when idle, and those that became ready meanwhile together, one statement per
 * table. When a batch fails, its items are tried singly, so that one that cannot be stored harms no other.
 */
export function checkpointCommitter(database: Database): (checkpoint: Checkpoint) => Promise<Committed> {
  const queue: Waiting[] = []
  let busy = false

  async function drain(): Promise<void> {
    busy = true
    while (queue.length > 0) {
      // better-sqlite3 syncs on this thread: what other runs waited for has arrived meanwhile, but only a turn of the
      // event loop hands it over. Without it nearly every checkpoint is a batch of its own, however many there are.
      await turnOfTheLoop()
      let batch: readonly Waiting[] = []
      try {
        const committed = await database.knex.transaction((transaction) => {
          // Not before there is a connection: while callbacks hold it, more checkpoints become ready.
          batch = queue.splice(0, BATCH)
          return commitBatch(database, transaction, checkpointsOf(batch))
        })
        settle(batch, committed)
      } catch (error) {
        // None was taken where there was no connection to be had.
        if (batch.length === 0) batch = queue.splice(0, BATCH)
        if (batch.length === 1) batch[0]?.reject(error)
        else await commitSingly(batch)
      }
    }
    busy = false
  }

  async function commitSingly(batch: readonly Waiting[]): Promise<void> {
    for (const item of batch) {
      try {
        settle(
          [item],
          await database.knex.transaction((transaction) => commitBatch(database, transaction, [item.checkpoint])),
        )
      } catch (error) {
        item.reject(error)
      }
    }
  }

  return (checkpoint) =>
    new Promise((resolve, reject) => {
      queue.push({ checkpoint, resolve, reject })
      if (!busy) void drain()
    })
}

function checkpointsOf(batch: readonly Waiting[]): readonly Checkpoint[] {
  return batch.map(({ checkpoint }) => checkpoint)
}

function settle(batch: readonly Waiting[], committed: ReadonlyMap<string, Committed>): void {
  for (const { checkpoint, resolve } of batch) {
    resolve(committed.get(checkpoint.hold.runId) ?? { kind: 'fenced' })
  }
}
