import { setTimeout as delay } from 'node:timers/promises'
import { type Logger, type StageUsage, thrownMessage } from '../contracts/index.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import type { Checkpoint, Committed } from '../store/checkpoint.ts'
import type { ClaimedRun } from '../store/claims.ts'
import type { StageState, StoredArtifact } from '../store/state.ts'
import { addStageUsage } from '../store/usage.ts'
import { type Arrival, newsOf, type RunNews } from './arrival.ts'
import { checkpointOf, type RunMode } from './checkpoint.ts'
import type { RunEnvironment } from './environment.ts'
import { finalInputOf, inputOf } from './inputs.ts'
import { advance, apply, hasArtifact, type RunState, restore, type Step } from './machine.ts'
import type { OpenPlan } from './open-plan.ts'
import { reportCommit } from './report.ts'
import { attemptStage } from './stage-attempt.ts'
import { StageTimes } from './stage-times.ts'
import { takeover } from './takeover.ts'

/** How a run ended on this worker. `stuck`: its state could not be committed; it must be given back. */
export type RunEnd = 'settled' | 'released' | 'fenced' | 'stuck'

/** Pauses between tries of one commit, milliseconds. While the database is away, results are not thrown away. */
const COMMIT_PAUSES = [200, 500, 1_000, 2_000, 4_000]

/**
 * One run on one worker: drives the state machine, one commit after the other. What arrives while a commit is under
 * way waits for the next one, so a run never has two checkpoints in flight.
 */
export class RunExecution {
  readonly #claimed: ClaimedRun
  readonly #open: OpenPlan
  readonly #plan: Plan
  readonly #environment: RunEnvironment
  /** For lines about the run as a whole; `#identity` says whose lines the others are. */
  readonly #logger: Logger
  readonly #identity: Logger
  readonly #artifacts: Map<string, StoredArtifact>
  readonly #usage: Record<string, StageUsage>
  /** Stages with an attempt under way. */
  readonly #running = new Set<string>()
  readonly #times: StageTimes
  #inbox: Arrival[] = []
  #wake: () => void = () => {}
  #state: RunState
  #stored: ReadonlyMap<string, StageState>
  #decidedAt: string | null
  #aborter = new AbortController()
  #mode: RunMode

  constructor(
    claimed: ClaimedRun,
    open: OpenPlan,
    environment: RunEnvironment,
    mode: Exclude<RunMode, 'draining'> = 'working',
  ) {
    this.#mode = mode
    this.#claimed = claimed
    this.#open = open
    this.#plan = open.plan
    this.#environment = environment
    this.#identity = environment.logger.child({ callSid: claimed.call.callSid, runId: claimed.hold.runId })
    // Every line of a run carries a stage, so that whoever greps need not know which lines have none.
    this.#logger = this.#identity.child({ stage: null })
    this.#state = restore(open.plan, claimed.stages, claimed.outcome, null)
    this.#stored = this.#state.stages
    this.#times = new StageTimes(this.#state.stages.values())
    this.#decidedAt = claimed.decidedAt
    this.#artifacts = new Map(
      claimed.artifacts.filter(({ stage }) => hasArtifact(this.#state, stage)).map((kept) => [kept.stage, kept]),
    )
    this.#usage = { ...claimed.usage }
  }

  /** Decides the outcome `cancelled`, unless it is decided already. */
  cancel(reason: string): void {
    if (this.#state.cancel === null) this.#arrive({ event: { type: 'cancel', reason } })
  }

  /** Starts nothing more; the run is given back when its attempts have ended. */
  drain(): void {
    this.#mode = 'draining'
    this.#wake()
  }

  /** Stops the attempts that are under way. */
  abort(): void {
    this.#aborter.abort(new Error('the worker is shutting down'))
  }

  /** Until the run is settled, has to wait, or is lost. */
  async execute(): Promise<RunEnd> {
    this.#inbox.push(
      ...(await takeover(this.#plan, this.#claimed, this.#state, this.#artifacts, this.#environment.files)),
      ...this.#dueNow(),
    )
    for (;;) {
      const arrivals = this.#inbox.splice(0)
      for (const arrival of arrivals) this.#take(arrival)
      const step = this.#mode === 'draining' ? standStill(this.#state) : advance(this.#plan, this.#state)
      this.#state = step.state
      const checkpoint = this.#checkpoint(step, arrivals)
      const committed = await this.#commit(checkpoint)
      if (committed === 'stuck' || committed.kind === 'fenced') return this.#lose(committed)
      await this.#committed(step, checkpoint, arrivals, committed)
      if (checkpoint.keeps === 'release') return step.settled ? 'settled' : 'released'
      await this.#somethingArrives()
    }
  }

  #arrive(arrival: Arrival): void {
    this.#inbox.push(arrival)
    this.#wake()
  }

  #take({ event, artifact, attempt }: Arrival): void {
    if (event.type === 'cancel') {
      if (this.#state.outcome === null) this.#aborter.abort(new Error('the run was cancelled'))
    } else {
      this.#times.waitNoLonger(event.stage)
      if (attempt !== undefined) this.#running.delete(event.stage)
      if (event.type === 'retry') this.#times.wait(event.stage, event.dueInMs)
      if (event.type === 'files-lost') this.#artifacts.delete(event.stage)
    }
    if (artifact !== undefined) this.#artifacts.set(artifact.stage, artifact)
    if (attempt?.usage != null) this.#usage[attempt.stage] = addStageUsage(this.#usage[attempt.stage], attempt.usage)
    this.#state = apply(this.#state, event)
  }

  #checkpoint(step: Step, arrivals: readonly Arrival[]): Checkpoint {
    return checkpointOf({
      claimed: this.#claimed,
      plan: this.#plan,
      step,
      mode: this.#mode,
      inFlight: this.#running.size + step.starts.length,
      dueInMs: this.#times.nextDueInMs(),
      stages: [...step.state.stages.values()]
        .filter((stage) => stage !== this.#stored.get(stage.id))
        .map((stage) => this.#times.timed(stage, step.starts.includes(stage.id))),
      attempts: arrivals.flatMap(({ attempt }) => attempt ?? []),
      artifacts: arrivals.flatMap(({ artifact }) => artifact ?? []),
    })
  }

  async #commit(checkpoint: Checkpoint): Promise<Committed | 'stuck'> {
    for (const pause of [...COMMIT_PAUSES, undefined]) {
      try {
        return await this.#environment.store.commit(checkpoint)
      } catch (error) {
        this.#logger.warn({ err: error }, `A checkpoint could not be committed: ${thrownMessage(error)}`)
        if (pause !== undefined) await delay(pause)
      }
    }
    return 'stuck'
  }

  #lose(committed: 'stuck' | { readonly kind: 'fenced' }): RunEnd {
    this.#aborter.abort(new Error('the run was lost'))
    if (committed === 'stuck') return 'stuck'
    this.#logger.warn('Another worker has taken this run over: what this one did since is dropped')
    return 'fenced'
  }

  async #committed(
    step: Step,
    checkpoint: Checkpoint,
    arrivals: readonly Arrival[],
    { cancelRequested, decidedAt }: Extract<Committed, { kind: 'committed' }>,
  ): Promise<void> {
    this.#stored = this.#state.stages
    this.#decidedAt = decidedAt
    reportCommit(
      { ofRun: this.#logger, ofStage: (stage) => this.#identity.child({ stage }) },
      this.#plan,
      step,
      checkpoint,
    )
    for (const arrival of arrivals) this.#tell(newsOf(arrival, (stage) => this.#driverOf(stage)))
    if (step.decides !== null) this.#decided(step.decides)
    // Once more at the end: final stages had workdirs, too.
    if (step.decides !== null || step.settled) await this.#removeFiles()
    if (checkpoint.keeps === 'release') this.#tell({ type: step.settled ? 'run-settled' : 'run-released' })
    else if (cancelRequested !== null && this.#state.outcome === null) this.cancel(cancelRequested)
    for (const stage of step.starts) this.#start(stage)
  }

  #decided(outcome: NonNullable<Step['decides']>): void {
    this.#tell({ type: 'run-decided', outcome })
    // Cancelling has aborted the attempts of the main stages; the final stages get a signal of their own.
    if (this.#state.cancel !== null) this.#aborter = new AbortController()
  }

  async #removeFiles(): Promise<void> {
    try {
      await this.#environment.files.removeRun(this.#claimed.hold.runId)
    } catch (error) {
      this.#logger.warn({ err: error }, 'The files of a run could not be removed; the sweeper tries again')
    }
  }

  #start(id: string): void {
    const planned = this.#planned(id)
    const stage = this.#state.stages.get(id)
    if (stage === undefined) return
    this.#running.add(id)
    this.#times.start(id)
    this.#tell({ type: 'stage-started', stage: id, use: this.#driverOf(id), attempt: stage.attempts + 1 })
    const attempt = attemptStage({
      planned,
      stage,
      hold: this.#claimed.hold,
      open: this.#open,
      input: this.#input(planned),
      signal: this.#aborter.signal,
      logger: this.#identity,
      environment: this.#environment,
    })
    void attempt.then((arrival) => this.#arrive(arrival))
  }

  #input(planned: PlannedStage): Record<string, unknown> {
    const { call, hold } = this.#claimed
    const input = inputOf(planned, call, this.#artifacts, this.#environment.files, hold.runId)
    const { outcome } = this.#state
    if (!planned.contract.final || outcome === null) return input
    const run = { id: hold.runId, decidedAt: this.#decidedAt ?? '' }
    return { ...input, ...finalInputOf(this.#plan, planned.id, run, outcome, this.#artifacts, this.#usage) }
  }

  /** Waits for an attempt, a cancellation, a drain, or the time of a stage that waits. */
  async #somethingArrives(): Promise<void> {
    if (this.#inbox.length > 0) return
    const dueInMs = this.#times.nextDueInMs()
    await new Promise<void>((resolve) => {
      const timer = dueInMs === null ? undefined : setTimeout(resolve, dueInMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => {}
    this.#inbox.push(...this.#dueNow())
  }

  #dueNow(): readonly Arrival[] {
    return this.#times.due().map((stage) => ({ event: { type: 'due', stage } }))
  }

  #tell(news: RunNews | undefined): void {
    if (news === undefined) return
    this.#environment.listener({ ...news, runId: this.#claimed.hold.runId, callSid: this.#claimed.call.callSid })
  }

  #driverOf(id: string): string {
    return this.#planned(id).drivers[this.#state.stages.get(id)?.driver ?? 0]?.use ?? ''
  }

  #planned(id: string): PlannedStage {
    const planned = this.#plan.stages.find((stage) => stage.id === id)
    if (planned === undefined) throw new Error(`the plan has no stage ${id}`)
    return planned
  }
}

/** A step that draws no conclusions: what a worker that is leaving commits. */
function standStill(state: RunState): Step {
  return { state, starts: [], decides: null, settled: false }
}
