import { errorRecord, type Logger, type Usage } from '../contracts/index.ts'
import type { PlannedStage } from '../pipeline/plan.ts'
import type { Hold } from '../store/checkpoint.ts'
import type { StageState } from '../store/state.ts'
import { addUsage } from '../store/usage.ts'
import type { Arrival } from './arrival.ts'
import { type AttemptResult, runAttempt } from './attempt.ts'
import type { RunEnvironment } from './environment.ts'
import type { StageEvent } from './machine.ts'
import { onceOf } from './once.ts'
import type { OpenPlan } from './open-plan.ts'
import { reportResult } from './report.ts'
import { retryDelayMs } from './retry.ts'

/** The next attempt of a stage of a run. */
export interface StageAttempt {
  readonly planned: PlannedStage
  readonly stage: StageState
  readonly hold: Hold
  readonly open: OpenPlan
  readonly input: unknown
  readonly signal: AbortSignal
  /** Carries callSid and runId. */
  readonly logger: Logger
  readonly environment: RunEnvironment
}

/** Waits for a place, tries, and says what it means for the run. Never throws. */
export async function attemptStage(attempt: StageAttempt): Promise<Arrival> {
  const { planned, stage } = attempt
  const driver = planned.drivers[stage.driver] ?? planned.drivers[0]
  const logger = attempt.logger.child({ stage: planned.id })
  const used: Usage[] = []
  let beganAt = performance.now()
  const result = await inTurn(attempt, () => {
    beganAt = performance.now()
    return tryDriver(attempt, driver, logger, (more) => used.push(more))
  })
  const event = eventOf(attempt, driver, result)
  reportResult(logger, planned, `${planned.stage}/${driver.use}`, result, event)
  return {
    event,
    attempt: {
      stage: planned.id,
      number: stage.attempts + 1,
      use: driver.use,
      result: result.kind,
      error: result.kind === 'failed' ? result.error : null,
      usage: used.length === 0 ? null : used.reduce(addUsage),
      startedMsAgo: performance.now() - beganAt,
    },
    ...(result.kind === 'done'
      ? { artifact: { stage: planned.id, name: planned.contract.produces.name, value: result.value } }
      : {}),
  }
}

/** Waits for a free place of the stage; an attempt that is aborted in the queue leaves it at once. */
function inTurn(
  { planned, signal, environment }: StageAttempt,
  work: () => Promise<AttemptResult>,
): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const leave = () => resolve({ kind: 'aborted' })
    signal.addEventListener('abort', leave, { once: true })
    const turn = environment.limit(planned, async () => {
      signal.removeEventListener('abort', leave)
      if (!signal.aborted) resolve(await work())
    })
    turn.catch((error: unknown) => resolve({ kind: 'failed', error: errorRecord(error), retry: 'later' }))
    if (signal.aborted) leave()
  })
}

async function tryDriver(
  { planned, stage, hold, open, input, signal, environment }: StageAttempt,
  driver: PlannedStage['drivers'][number],
  logger: Logger,
  usage: (used: Usage) => void,
): Promise<AttemptResult> {
  const { files, store, checkOutput, abortGraceMs } = environment
  const name = `${planned.stage}/${driver.use}`
  const number = stage.attempts + 1
  const parts = {
    load: () => store.partsOf(hold.runId, planned.id),
    save: (key: string, value: Parameters<typeof store.savePart>[3]) => store.savePart(hold, planned.id, key, value),
  }
  const workdir = await files.makeWorkdir(hold.runId, planned.id).catch((error: unknown) => ({ error }))
  if (typeof workdir !== 'string') return { kind: 'failed', error: errorRecord(workdir.error), retry: 'later' }
  try {
    return await runAttempt({
      name,
      open: () => open.driver(planned.id, stage.driver),
      input,
      timeoutMs: driver.timeoutMs,
      abortGraceMs,
      signal,
      context: {
        idempotencyKey: `${hold.runId}.${planned.id}`,
        logger,
        workdir,
        attempt: number,
        usage,
        once: (aborting) => onceOf(parts, aborting),
      },
      accept: async (output) => {
        checkOutput(planned.contract.produces, output, name)
        const kept = `${planned.id}.${hold.epoch}.${number}`
        return files.keep(planned.contract.produces, output, workdir, hold.runId, kept)
      },
    })
  } finally {
    await files.removeWorkdir(workdir).catch((error: unknown) => {
      logger.warn({ err: error }, 'A workdir could not be removed; the sweeper tries again')
    })
  }
}

function eventOf(
  { planned, stage, environment }: StageAttempt,
  driver: PlannedStage['drivers'][number],
  result: AttemptResult,
): StageEvent {
  const id = planned.id
  switch (result.kind) {
    case 'done':
    case 'aborted':
      return { type: result.kind, stage: id }
    case 'skipped':
      return { type: 'skipped', stage: id, reason: result.reason }
    case 'settled':
      return { type: 'settled', stage: id, outcome: result.outcome, reason: result.reason }
    case 'failed': {
      const spent = stage.driverAttempts + 1
      if (result.retry === 'later' && spent < driver.retry.attempts) {
        const dueInMs = retryDelayMs(driver.retry, spent, result.retryAfterMs, environment.random)
        return { type: 'retry', stage: id, error: result.error, dueInMs }
      }
      const isLast = stage.driver + 1 >= planned.drivers.length
      return { type: isLast ? 'failed' : 'fallback', stage: id, error: result.error }
    }
  }
}
