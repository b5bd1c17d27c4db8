import { type Logger, thrownMessage } from '../contracts/index.ts'

/** Something that a worker looks after regularly, beside its runs. */
export interface Chore {
  /** For the log: `promote streams`. */
  readonly name: string
  /** Milliseconds between the end of one time and the next. */
  readonly everyMs: number
  /** May throw: it is logged, and done again. The signal aborts when the worker stops. */
  run(signal: AbortSignal): Promise<void>
}

/** Does chores, each in its own time, so that a slow one delays neither the others nor the heartbeat. */
export class Chores {
  readonly #chores: readonly Chore[]
  readonly #logger: Logger
  readonly #stopping = new AbortController()
  readonly #timers = new Map<Chore, NodeJS.Timeout>()
  readonly #running = new Set<Promise<void>>()

  constructor(chores: readonly Chore[], logger: Logger) {
    this.#chores = chores
    this.#logger = logger
  }

  /** Does each of them at once, and then again and again. */
  start(): void {
    for (const chore of this.#chores) this.#do(chore)
  }

  /** Begins none any more, and waits for those that are being done. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const timer of this.#timers.values()) clearTimeout(timer)
    await Promise.all(this.#running)
  }

  #do(chore: Chore): void {
    const running = this.#attempt(chore).finally(() => {
      this.#running.delete(running)
      if (this.#stopping.signal.aborted) return
      this.#timers.set(
        chore,
        setTimeout(() => this.#do(chore), chore.everyMs),
      )
    })
    this.#running.add(running)
  }

  async #attempt({ name, run }: Chore): Promise<void> {
    try {
      await run(this.#stopping.signal)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#logger.warn({ err: error, chore: name }, `Could not ${name}: ${thrownMessage(error)}`)
    }
  }
}
