import type { AttemptRecord, StoredArtifact } from '../store/state.ts'
import type { EngineEvent } from './events.ts'
import type { RunEvent } from './machine.ts'

/** Something that has happened to a run, on its way into the state: an event, and what is to be kept of it. */
export interface Arrival {
  readonly event: RunEvent
  readonly attempt?: AttemptRecord
  readonly artifact?: StoredArtifact
}

type OfRun<E> = E extends unknown ? Omit<E, 'runId' | 'callSid'> : never
export type RunNews = OfRun<EngineEvent>

/** What listeners are told of an arrival, once it is committed; undefined: nothing. */
export function newsOf({ event, attempt }: Arrival, use: (stage: string) => string): RunNews | undefined {
  switch (event.type) {
    case 'done':
      return { type: 'stage-done', stage: event.stage, milliseconds: attempt?.startedMsAgo ?? 0 }
    case 'skipped':
      return { type: 'stage-skipped', stage: event.stage, reason: event.reason }
    case 'settled':
      return { type: 'stage-settled', stage: event.stage, outcome: event.outcome, reason: event.reason }
    case 'retry':
      return { type: 'stage-retry', stage: event.stage, error: event.error, dueInMs: event.dueInMs }
    case 'fallback':
      return { type: 'stage-fallback', stage: event.stage, error: event.error, use: use(event.stage) }
    case 'failed':
      return { type: 'stage-failed', stage: event.stage, error: event.error }
    default:
      return undefined
  }
}
