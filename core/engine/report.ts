import { producedLine, savedLine } from '../contracts/erased.ts'
import type { Logger } from '../contracts/index.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import type { Checkpoint } from '../store/checkpoint.ts'
import type { AttemptResult } from './attempt.ts'
import type { StageEvent, Step } from './machine.ts'

/** Logs how an attempt ended. The lines of success are the contract's own. */
export function reportResult(
  logger: Logger,
  planned: PlannedStage,
  driver: string,
  result: AttemptResult,
  event: StageEvent,
): void {
  if (result.kind === 'done') {
    const line = producedLine(planned.contract, result.value)
    if (line !== undefined) logger.info(line)
  }
  if (result.kind === 'skipped') logger.info({ reason: result.reason }, `Stage ${planned.id} skipped: ${result.reason}`)
  if (result.kind !== 'failed') return
  const fields = { code: result.error.code, driver, remedy: result.error.remedy }
  const { message } = result.error
  if (event.type === 'retry')
    logger.warn({ ...fields, dueInMs: event.dueInMs }, `${message}; trying again in ${seconds(event.dueInMs)}`)
  else if (event.type === 'fallback') logger.warn(fields, `${message}; falling back to the next driver`)
  else logger.error(fields, `Stage ${planned.id} failed: ${message}`)
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

export interface RunLoggers {
  readonly ofRun: Logger
  readonly ofStage: (stage: string) => Logger
}

/** Logs what a commit has made true. */
export function reportCommit(loggers: RunLoggers, plan: Plan, step: Step, checkpoint: Checkpoint): void {
  for (const { stage, value } of checkpoint.artifacts) {
    const planned = plan.stages.find(({ id }) => id === stage)
    const line = planned?.writesColumns === true ? savedLine(planned.contract.produces, value) : undefined
    if (line !== undefined) loggers.ofStage(stage).info(line)
  }
  if (step.decides === null) return
  const { status, reason, error } = step.decides
  if (status === 'failed') loggers.ofRun.error({ outcome: status, code: error?.code }, `Run failed: ${reason ?? ''}`)
  else loggers.ofRun.info({ outcome: status, ...(reason === null ? {} : { reason }) }, `Run ${status}`)
  for (const { id, contract } of plan.stages) {
    if (contract.final && contract.queued !== undefined && step.starts.includes(id)) {
      loggers.ofStage(id).info(contract.queued)
    }
  }
}
