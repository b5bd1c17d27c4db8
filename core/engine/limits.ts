import { availableParallelism } from 'node:os'
import pLimit, { type LimitFunction } from 'p-limit'
import type { PlannedStage } from '../pipeline/plan.ts'

/** How many attempts of each stage run at a time on this worker. By stage id, whichever plan a run began with. */
export function stageLimits(): <T>(stage: PlannedStage, work: () => Promise<T>) => Promise<T> {
  const limits = new Map<string, LimitFunction>()
  return (stage, work) => {
    const places = stage.concurrency === 'cores' ? availableParallelism() : stage.concurrency
    const limit = limits.get(stage.id) ?? pLimit(places)
    limit.concurrency = places
    limits.set(stage.id, limit)
    return limit(work)
  }
}
