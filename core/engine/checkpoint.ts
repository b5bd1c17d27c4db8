import { columnsOf } from '../contracts/erased.ts'
import type { CallColumns } from '../contracts/index.ts'
import type { Plan } from '../pipeline/plan.ts'
import type { CallChange, Checkpoint } from '../store/checkpoint.ts'
import type { ClaimedRun } from '../store/claims.ts'
import { type AttemptRecord, CALL_STATUS_OF, type StageState, type StoredArtifact } from '../store/state.ts'
import { isOver, type Step } from './machine.ts'

/** `patient`: keeps the run while it waits for a due time; `draining`: starts nothing more. */
export type RunMode = 'working' | 'patient' | 'draining'

export interface CheckpointParts {
  readonly claimed: ClaimedRun
  readonly plan: Plan
  readonly step: Step
  readonly mode: RunMode
  /** Attempts that are under way or start now. */
  readonly inFlight: number
  /** Milliseconds until the first stage that waits is due; null where none waits. */
  readonly dueInMs: number | null
  /** The stages that have changed. */
  readonly stages: readonly StageState[]
  readonly attempts: readonly AttemptRecord[]
  readonly artifacts: readonly StoredArtifact[]
}

/** The commit for a step: what has changed, and whether the run stays with this worker. */
export function checkpointOf(parts: CheckpointParts): Checkpoint {
  const { claimed, step, stages, attempts, artifacts } = parts
  const [status, dueInMs] = standing(parts)
  const hasProgress = attempts.some(({ result }) => result !== 'aborted' && result !== 'lost')
  return {
    hold: claimed.hold,
    status,
    dueInMs,
    keeps: status === 'running' ? 'hold' : 'release',
    // A stage that failed because its workers crash is an end as well: the next claims are about something else.
    claim:
      hasProgress || step.decides !== null || stages.some(isOver)
        ? 'advance'
        : status === 'queued'
          ? 'return'
          : 'unchanged',
    decides: step.decides,
    stages,
    attempts,
    artifacts,
    forgetParts: attempts.length === 0 ? [] : stages.filter(isOver).map(({ id }) => id),
    call: callChange(parts),
  }
}

function standing({ step, mode, inFlight, dueInMs }: CheckpointParts): [Checkpoint['status'], number | null] {
  if (step.settled) return ['settled', null]
  if (inFlight > 0) return ['running', null]
  if (mode === 'draining') return ['queued', 0]
  if (mode === 'patient') return ['running', null]
  return ['waiting', dueInMs ?? 0]
}

function callChange({ claimed, plan, step, artifacts }: CheckpointParts): CallChange | null {
  let columns: CallChange['columns'] = columnsOfArtifacts(plan, claimed, artifacts)
  if (step.decides !== null) {
    columns = {
      ...columns,
      status: CALL_STATUS_OF[step.decides.status],
      error_code: step.decides.error?.code ?? null,
      error_message: step.decides.error?.message ?? null,
    }
  }
  if (Object.keys(columns).length === 0) return null
  return { callId: claimed.callId, recordingSid: claimed.call.recordingSid, columns }
}

function columnsOfArtifacts(plan: Plan, claimed: ClaimedRun, artifacts: readonly StoredArtifact[]): CallColumns {
  let columns: CallColumns = {}
  for (const { stage, value } of artifacts) {
    const planned = plan.stages.find(({ id }) => id === stage)
    if (planned?.writesColumns !== true) continue
    columns = { ...columns, ...columnsOf(planned.contract.produces, value, claimed.call) }
  }
  return columns
}
