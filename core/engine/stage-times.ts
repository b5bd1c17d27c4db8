import type { StageState } from '../store/state.ts'

/**
 * When the stages of a run started and are due, on this process's monotonic clock: between two commits the database's
 * cannot be asked.
 */
export class StageTimes {
  readonly #loadedAt = performance.now()
  readonly #startedAt = new Map<string, number>()
  readonly #dueAt = new Map<string, number>()

  /** `stages` as they have just been loaded. */
  constructor(stages: Iterable<StageState>) {
    for (const { id, status, dueInMs } of stages) {
      if (status === 'waiting') this.#dueAt.set(id, this.#loadedAt + Math.max(0, dueInMs ?? 0))
    }
  }

  start(stage: string): void {
    this.#startedAt.set(stage, performance.now())
  }

  wait(stage: string, forMs: number): void {
    this.#dueAt.set(stage, performance.now() + forMs)
  }

  waitNoLonger(stage: string): void {
    this.#dueAt.delete(stage)
  }

  /** Milliseconds until the first stage that waits is due; null where none waits. */
  nextDueInMs(): number | null {
    const next = Math.min(...this.#dueAt.values())
    return Number.isFinite(next) ? Math.max(0, next - performance.now()) : null
  }

  /** Stages that wait, and need not any longer. */
  due(): readonly string[] {
    const now = performance.now()
    return [...this.#dueAt].filter(([, at]) => at <= now).map(([stage]) => stage)
  }

  /** A stage with its times as they are at this moment, that of a commit. */
  timed(stage: StageState, startsNow: boolean): StageState {
    const now = performance.now()
    const started = this.#startedAt.get(stage.id)
    const due = this.#dueAt.get(stage.id)
    const earlier = stage.startedMsAgo === null ? null : stage.startedMsAgo + now - this.#loadedAt
    return {
      ...stage,
      startedMsAgo: startsNow ? 0 : started === undefined ? earlier : now - started,
      dueInMs: stage.status === 'waiting' && due !== undefined ? Math.max(0, due - now) : null,
    }
  }
}
