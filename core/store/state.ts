import type { ErrorRecord, Outcome, OutcomeStatus, Usage } from '../contracts/index.ts'

/** `queued`: nobody has it; `waiting`: nobody has it before it is due; `settled`: nothing more to do. */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'settled'
export type StageStatus = 'pending' | 'running' | 'waiting' | 'done' | 'skipped' | 'failed'
/** What `call_log.status` may say. */
export const CALL_LOG_STATUSES = [
  'received',
  'recorded',
  'processing',
  'processed',
  'no_speech',
  'failed',
  'cancelled',
  'no_recording',
] as const
export type CallStatus = (typeof CALL_LOG_STATUSES)[number]

/** A stage of a run, as far as it has come. */
export interface StageState {
  readonly id: string
  readonly phase: 'main' | 'final'
  readonly status: StageStatus
  /** 0: the first driver; n: the nth fallback. */
  readonly driver: number
  /** Attempts that this driver has spent. */
  readonly driverAttempts: number
  /** Attempts in all, over drivers and crashes. */
  readonly attempts: number
  /** The outcome that the stage has decided, where it has. */
  readonly settles: OutcomeStatus | null
  readonly reason: string | null
  readonly error: ErrorRecord | null
  /** Milliseconds until it is due; of `waiting` stages. */
  readonly dueInMs: number | null
  /** How long ago the current or last attempt began, milliseconds; null where none has. */
  readonly startedMsAgo: number | null
  /** How long ago the stage was over, milliseconds; null where it is not. */
  readonly finishedMsAgo: number | null
}

/** One try of one stage, when it is over. `lost`: its worker died; `aborted`: by shutdown or cancellation. */
export interface AttemptRecord {
  readonly stage: string
  readonly number: number
  readonly use: string
  readonly result: 'done' | 'skipped' | 'settled' | 'failed' | 'aborted' | 'lost'
  readonly error: ErrorRecord | null
  readonly usage: Usage | null
  readonly startedMsAgo: number | null
}

export interface StoredArtifact {
  readonly stage: string
  readonly name: string
  readonly value: unknown
}

/** The status of the call that an outcome means. */
export const CALL_STATUS_OF: Readonly<Record<OutcomeStatus, CallStatus>> = {
  completed: 'processed',
  no_speech: 'no_speech',
  failed: 'failed',
  cancelled: 'cancelled',
}

export type { Outcome, OutcomeStatus }
