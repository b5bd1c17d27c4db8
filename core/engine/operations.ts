import { AftercallError } from '../contracts/index.ts'
import type { Plan } from '../pipeline/plan.ts'
import { stagesToRedo } from '../pipeline/redo.ts'
import type { Queue } from '../queue/queue.ts'
import type { RunSummary } from '../store/runs.ts'
import type { Store } from '../store/store.ts'

export interface Operations {
  /**
   * Starts a new run over the call's current recording, with the plan in force. It takes over what lies before
   * `from`; without `from`, a failed run goes on where it failed, and any other begins anew. Throws `not-found`,
   * `conflict` (the run is not over) or `bad-request` (no such stage).
   */
  rerun(callSid: string, options?: { readonly from?: string }): Promise<{ readonly runId: string }>
  /** Throws `not-found`, or `conflict` where the outcome is decided already. */
  cancel(callSid: string, reason?: string): Promise<void>
}

export function operationsOf(store: Store, queue: Queue, plan: () => Plan): Operations {
  return {
    async rerun(callSid, { from } = {}) {
      const current = plan()
      const { earlier, takeOver } = await prepareRerun(store, current, callSid, from)
      const runId = await store.startRerun(earlier, current, takeOver)
      queue.wake()
      return { runId }
    },
    async cancel(callSid, reason = 'cancelled by hand') {
      await cancelLatestRun(store, callSid, reason)
      queue.wake()
    },
  }
}

/** A rerun that could start now: the run that it follows, and the ids of the stages that it would not do again. */
export interface PreparedRerun {
  readonly earlier: RunSummary
  readonly takeOver: readonly string[]
}

/** Changes nothing. Throws what `Operations.rerun` throws. */
export async function prepareRerun(store: Store, plan: Plan, callSid: string, from?: string): Promise<PreparedRerun> {
  const earlier = await latestRun(store, callSid)
  if (earlier.outcome === null) {
    throw new AftercallError(`the run of ${callSid} is not over yet`, {
      code: 'conflict',
      remedy: `Wait for it, or cancel it first: \`aftercall cancel ${callSid}\`.`,
    })
  }
  return { earlier, takeOver: stagesToTakeOver(plan, earlier, from) }
}

/** Needs no plan, so that a run can be cancelled whatever has become of the pipeline. Throws what `Operations.cancel` throws. */
export async function cancelLatestRun(store: Store, callSid: string, reason: string): Promise<void> {
  const run = await latestRun(store, callSid)
  if (!(await store.requestCancel(run.id, reason))) {
    throw new AftercallError(`the run of ${callSid} is ${run.outcome ?? 'over'} already`, { code: 'conflict' })
  }
}

async function latestRun(store: Store, callSid: string): Promise<RunSummary> {
  const run = await store.latestRun(callSid)
  if (run === undefined) throw new AftercallError(`there is no run of a call ${callSid}`, { code: 'not-found' })
  return run
}

/** What a rerun need not do again: stages above `from` that are done, with everything that they had waited for. */
function stagesToTakeOver(plan: Plan, earlier: RunSummary, from?: string): readonly string[] {
  const status = new Map(earlier.stages.map((stage) => [stage.id, stage.status]))
  const redo = new Set(from === undefined && earlier.outcome === 'failed' ? [] : stagesToRedo(plan, from))
  const taken = new Set<string>()
  for (const { id, contract, dependsOn } of plan.stages) {
    if (redo.has(id) || contract.final) continue
    const isDone = status.get(id) === 'done' && earlier.produced.get(id) === contract.produces.name
    // One that was skipped, or failed without harm, counts as over for those below that went on without it.
    const isSettledBelow =
      (status.get(id) === 'skipped' || status.get(id) === 'failed') && hasDoneDependant(plan, id, status, redo)
    if ((isDone || isSettledBelow) && dependsOn.every((dependency) => taken.has(dependency))) taken.add(id)
  }
  return [...taken]
}

function hasDoneDependant(
  plan: Plan,
  id: string,
  status: ReadonlyMap<string, string>,
  redo: ReadonlySet<string>,
): boolean {
  return plan.stages.some(
    (stage) => stage.dependsOn.includes(id) && status.get(stage.id) === 'done' && !redo.has(stage.id),
  )
}
