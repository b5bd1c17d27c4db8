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
      const batch = queue.splice(0, BATCH)
      try {
        settle(
          batch,
          await commitBatch(
            database,
            batch.map(({ checkpoint }) => checkpoint),
          ),
        )
      } catch (error) {
        if (batch.length === 1) batch[0]?.reject(error)
        else await commitSingly(batch)
      }
    }
    busy = false
  }

  async function commitSingly(batch: readonly Waiting[]): Promise<void> {
    for (const item of batch) {
      try {
        settle([item], await commitBatch(database, [item.checkpoint]))
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

function settle(batch: readonly Waiting[], committed: ReadonlyMap<string, Committed>): void {
  for (const { checkpoint, resolve } of batch) {
    resolve(committed.get(checkpoint.hold.runId) ?? { kind: 'fenced' })
  }
}
