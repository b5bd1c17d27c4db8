import type { Logger } from '../contracts/index.ts'
import type { Store } from '../store/store.ts'
import type { RunFiles } from './files.ts'

/** Frees the runs of other workers that have not been heard of for `leaseMs`; says how many in the log. */
export async function freeLostRuns(store: Store, workerId: string, leaseMs: number, logger: Logger): Promise<number> {
  const freed = await store.freeRuns(leaseMs, workerId)
  if (freed > 0) logger.warn({ runs: freed }, `Freed ${freed} runs of workers that died or stalled`)
  return freed
}

/**
 * Removes what crashes left on this machine's disk: everything of runs whose outcome is decided, and the attempts of
 * runs that no worker holds. Runs that somebody holds are left alone: the folder may be shared with other processes.
 */
export async function sweepFiles(store: Store, files: RunFiles): Promise<void> {
  const runs = await files.runs()
  const standing = await store.standingOf(runs)
  for (const runId of runs) {
    const run = standing.get(runId)
    if (run?.isHeld === true) continue
    if (run === undefined || run.isDecided) await files.removeRun(runId)
    else await files.removeAttempts(runId)
  }
}
