import { hostname } from 'node:os'
import { v4 as uuid } from 'uuid'
import { AftercallError, type Logger, thrownMessage } from '../contracts/index.ts'
import type { Queue } from '../queue/queue.ts'
import type { Hold } from '../store/checkpoint.ts'
import type { ClaimedRun } from '../store/claims.ts'
import type { Store } from '../store/store.ts'
import { type Chore, Chores } from './chores.ts'
import type { RunEnvironment } from './environment.ts'
import type { EngineListener } from './events.ts'
import type { RunFiles } from './files.ts'
import { stageLimits } from './limits.ts'
import { outputChecker } from './output.ts'
import type { Plans } from './plans.ts'
import { RunExecution } from './run.ts'
import { freeLostRuns, sweepFiles } from './sweeper.ts'
import { unloadable } from './unloadable.ts'

export interface WorkerOptions {
  readonly store: Store
  readonly queue: Queue
  readonly plans: Plans
  readonly files: RunFiles
  readonly logger: Logger
  readonly listener?: EngineListener
  /** What else is to be looked after, beside runs. */
  readonly chores?: readonly Chore[]
  /** Runs at a time. */
  readonly slots?: number
  /** How often the worker says that it lives, and looks after the runs of the dead, milliseconds. */
  readonly heartbeatMs?: number
  /** A worker that has not been heard of for this long has lost its runs, milliseconds. */
  readonly leaseMs?: number
  /** How often it looks for work that nobody woke it up for, milliseconds. */
  readonly pollMs?: number
  readonly abortGraceMs?: number
  readonly random?: () => number
}

/** Claims runs and executes them. The database is the truth: a wake-up only makes it look sooner. */
export class Worker {
  readonly id = uuid()
  readonly #options: Required<WorkerOptions>
  readonly #environment: RunEnvironment
  readonly #logger: Logger
  readonly #chores: Chores
  readonly #runs = new Map<string, RunExecution>()
  /** By hold: from the claim to the end, whatever happens in between. */
  readonly #executing = new Map<string, Promise<void>>()
  /** Holds that the database knew of at the last beat, and nobody here. */
  #unknown: ReadonlySet<string> = new Set()
  #mode: 'claiming' | 'given' = 'claiming'
  #state: 'new' | 'working' | 'draining' | 'stopped' = 'new'
  #claiming: Promise<void> | undefined
  #claimAgain = false
  #timers: readonly NodeJS.Timeout[] = []
  #dueTimer: NodeJS.Timeout | undefined
  #tick: Promise<void> | undefined
  #unlisten = () => {}

  constructor(options: WorkerOptions) {
    this.#options = {
      listener: () => {},
      chores: [],
      slots: 64,
      heartbeatMs: 3_000,
      leaseMs: 15_000,
      pollMs: 1_000,
      abortGraceMs: 5_000,
      random: Math.random,
      ...options,
    }
    this.#logger = options.logger.child({ workerId: this.id })
    this.#chores = new Chores(this.#options.chores, this.#logger)
    this.#environment = {
      store: options.store,
      files: options.files,
      logger: options.logger,
      listener: this.#options.listener,
      limit: stageLimits(),
      checkOutput: outputChecker(),
      random: this.#options.random,
      abortGraceMs: this.#options.abortGraceMs,
    }
  }

  /** Registers the worker, cleans up after crashes, and begins to claim (unless it is only to take what it is given). */
  async start(mode: 'claiming' | 'given' = 'claiming'): Promise<void> {
    const { store, files, queue, leaseMs, heartbeatMs, pollMs } = this.#options
    await store.heartbeat({ id: this.id, host: hostname(), pid: process.pid })
    await freeLostRuns(store, this.id, leaseMs, this.#logger)
    await sweepFiles(store, files)
    this.#mode = mode
    this.#state = 'working'
    this.#timers = [setInterval(() => this.#beat(), heartbeatMs)]
    if (mode === 'given') return
    this.#timers = [...this.#timers, setInterval(() => this.#look(), pollMs)]
    this.#unlisten = queue.listen(() => this.#look())
    this.#chores.start()
    this.#look()
  }

  /** Executes a run that was made for this worker, to its end: it is not given back while it waits for a retry. */
  async executeGiven(runId: string): Promise<void> {
    const [claimed] = await this.#options.store.loadRuns([{ runId, epoch: 1, owner: this.id }])
    if (claimed === undefined) throw new AftercallError(`there is no run ${runId}`, { code: 'not-found' })
    await this.#execute(claimed, 'patient')
  }

  /**
   * Claims nothing more, lets attempts finish for `graceMs`, aborts the rest, and gives everything back for others to
   * take at once. Can be called again, with less patience.
   */
  async stop(graceMs: number): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'draining'
    this.#unlisten()
    clearTimeout(this.#dueTimer)
    // Beside the runs, whose grace must not wait for a chore that waits for somebody else.
    const chores = this.#chores.stop()
    await this.#claiming
    for (const run of this.#runs.values()) run.drain()
    const abort = setTimeout(() => {
      for (const run of this.#runs.values()) run.abort()
    }, graceMs)
    while (this.#executing.size > 0) await Promise.all(this.#executing.values())
    clearTimeout(abort)
    await chores
    for (const timer of this.#timers) clearInterval(timer)
    await this.#tick
    this.#state = 'stopped'
    try {
      await this.#options.store.leave(this.id)
      this.#options.queue.wake()
    } catch (error) {
      // The lease runs out by itself; leaving only makes it sooner.
      this.#logger.warn({ err: error }, `The worker could not sign off: ${thrownMessage(error)}`)
    }
  }

  /** The number of runs that are being executed. */
  get busy(): number {
    return this.#runs.size
  }

  /** Claims what is due; at once, or again after the claiming that is under way. */
  #look(): void {
    if (this.#state !== 'working' || this.#mode === 'given') return
    if (this.#claiming !== undefined) {
      this.#claimAgain = true
      return
    }
    this.#claiming = this.#claim().finally(() => {
      this.#claiming = undefined
      if (this.#claimAgain) {
        this.#claimAgain = false
        this.#look()
      }
    })
  }

  async #claim(): Promise<void> {
    const { store, slots } = this.#options
    try {
      for (;;) {
        const free = slots - this.#executing.size
        if (free <= 0 || this.#state !== 'working') return
        // Asked first, because looking costs no lock, and most looks find nothing.
        const dueInMs = await store.nextDueInMs()
        if (dueInMs === null || dueInMs > 0) return this.#lookWhenDue(dueInMs)
        const claimed = await store.claimRuns(this.id, free)
        for (const run of claimed) void this.#execute(run)
        // Others were quicker, or have locked what is due: the next look will tell.
        if (claimed.length === 0) return
      }
    } catch (error) {
      // Not fatal: the next look, at the latest after `pollMs`, tries again.
      this.#logger.warn({ err: error }, `The worker could not look for work: ${thrownMessage(error)}`)
    }
  }

  /** Sooner than the next look: retries and deliveries come on time. */
  #lookWhenDue(dueInMs: number | null): void {
    clearTimeout(this.#dueTimer)
    if (dueInMs === null || dueInMs > this.#options.pollMs || this.#state !== 'working') return
    this.#dueTimer = setTimeout(() => this.#look(), Math.max(1, dueInMs))
  }

  #execute(claimed: ClaimedRun, mode: 'working' | 'patient' = 'working'): Promise<void> {
    const key = keyOf(claimed.hold)
    const executing = this.#executeRun(claimed, mode).finally(() => {
      this.#executing.delete(key)
      this.#look()
    })
    this.#executing.set(key, executing)
    return executing
  }

  async #executeRun(claimed: ClaimedRun, mode: 'working' | 'patient'): Promise<void> {
    const { runId } = claimed.hold
    try {
      const open = await this.#options.plans.get(claimed.planHash)
      const run = new RunExecution(claimed, open, this.#environment, mode)
      this.#runs.set(runId, run)
      if (this.#state !== 'working') run.drain()
      await run.execute()
    } catch (error) {
      await this.#notExecuted(claimed, error)
    } finally {
      this.#runs.delete(runId)
    }
  }

  /** The plan cannot be had: the run fails, visibly. Anything else (the database, a fault of ours): it is given back. */
  async #notExecuted(claimed: ClaimedRun, error: unknown): Promise<void> {
    const logger = this.#logger.child({ callSid: claimed.call.callSid, runId: claimed.hold.runId })
    logger.error({ err: error }, `The run could not be executed: ${thrownMessage(error)}`)
    if (!(error instanceof AftercallError) || error.code !== 'plan-unloadable') return
    try {
      const checkpoint = unloadable(claimed, error)
      await this.#options.store.commit(checkpoint)
      const about = { runId: claimed.hold.runId, callSid: claimed.call.callSid }
      if (checkpoint.decides !== null) {
        this.#options.listener({ ...about, type: 'run-decided', outcome: checkpoint.decides })
      }
      this.#options.listener({ ...about, type: 'run-settled' })
    } catch (failure) {
      logger.warn({ err: failure }, 'The failure could not be committed')
    }
  }

  #beat(): void {
    this.#tick ??= this.#lookAfter().finally(() => {
      this.#tick = undefined
    })
  }

  /** Heartbeat, cancellations, runs that slipped, and the runs of the dead. */
  async #lookAfter(): Promise<void> {
    const { store, leaseMs } = this.#options
    try {
      await store.heartbeat({ id: this.id, host: hostname(), pid: process.pid })
      for (const { runId, reason } of await store.cancelRequests(this.id)) this.#runs.get(runId)?.cancel(reason)
      await this.#giveBackUnknown()
      if ((await freeLostRuns(store, this.id, leaseMs, this.#logger)) > 0) this.#look()
    } catch (error) {
      this.#logger.warn({ err: error }, `The worker could not say that it lives: ${thrownMessage(error)}`)
    }
  }

  /**
   * What this worker holds by the database and does not execute: a claim whose answer was lost, a run that could not
   * be loaded or whose state could not be committed. Nobody else would ever take it, since this worker is alive. At
   * the second beat, so that a claim whose answer is still on its way is left alone.
   */
  async #giveBackUnknown(): Promise<void> {
    const { store } = this.#options
    const held = await store.heldRuns(this.id)
    const unknown = held.filter((hold) => !this.#executing.has(keyOf(hold)))
    for (const hold of unknown.filter((slipped) => this.#unknown.has(keyOf(slipped)))) {
      await store.returnRun(hold, 0)
      this.#logger.warn({ runId: hold.runId }, 'A run that this worker held without executing it is given back')
    }
    this.#unknown = new Set(unknown.map(keyOf))
  }
}

function keyOf({ runId, epoch }: Hold): string {
  return `${runId}.${epoch}`
}
