import { remedyOf } from '../contracts/index.ts'
import type { Plan } from '../pipeline/plan.ts'
import type { ClaimedRun } from '../store/claims.ts'
import type { StageState } from '../store/state.ts'
import type { Arrival } from './arrival.ts'
import type { RunFiles } from './files.ts'
import { type Produced, stagesToRemake } from './inputs.ts'
import { advance, isOver, type RunState } from './machine.ts'

/** A run that has been claimed this often with nothing finished in between kills its workers. */
const MOST_CLAIMS = 5

/** What is known at once when a run is taken over: attempts that were lost, files that are gone, a wish to cancel. */
export async function takeover(
  plan: Plan,
  claimed: ClaimedRun,
  state: RunState,
  produced: Produced,
  files: RunFiles,
): Promise<readonly Arrival[]> {
  const isPoisonous = claimed.claims > MOST_CLAIMS
  const running = [...state.stages.values()].filter(({ status }) => status === 'running')
  const lost = running.length > 0 || !isPoisonous ? running : firstToStart(plan, state)
  const remake = await stagesToRemake(
    plan,
    (id) => state.outcome !== null || isOver(state.stages.get(id)),
    produced,
    files,
    claimed.hold.runId,
  )
  return [
    ...lost.map((stage) => lostAttempt(plan, stage, isPoisonous)),
    ...remake.map((stage): Arrival => ({ event: { type: 'files-lost', stage } })),
    ...(claimed.cancelRequested === null
      ? []
      : [{ event: { type: 'cancel', reason: claimed.cancelRequested } } satisfies Arrival]),
  ]
}

/** Nothing was running whenever the run was lost: the first stage that would start is held responsible. */
function firstToStart(plan: Plan, state: RunState): readonly StageState[] {
  const [first] = advance(plan, state).starts
  const stage = first === undefined ? undefined : state.stages.get(first)
  return stage === undefined ? [] : [stage]
}

function lostAttempt(plan: Plan, stage: StageState, isPoisonous: boolean): Arrival {
  const code = isPoisonous ? 'worker-crashed' : 'worker-lost'
  const error = {
    code,
    message: isPoisonous
      ? `${MOST_CLAIMS} workers in a row died or stalled while they ran this stage`
      : 'the worker that ran this attempt died or stalled',
    remedy: remedyOf(code),
  }
  return {
    event: isPoisonous ? { type: 'failed', stage: stage.id, error } : { type: 'aborted', stage: stage.id },
    attempt: {
      stage: stage.id,
      number: stage.attempts + 1,
      use: plan.stages.find(({ id }) => id === stage.id)?.drivers[stage.driver]?.use ?? '',
      result: 'lost',
      error,
      usage: null,
      startedMsAgo: stage.startedMsAgo,
    },
  }
}
