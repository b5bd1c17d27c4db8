import type { CallColumns, Outcome } from '../contracts/index.ts'
import type { AttemptRecord, CallStatus, RunStatus, StageState, StoredArtifact } from './state.ts'

/** Who holds a run: every write is conditional on it, so that a worker that stalled and woke up changes nothing. */
export interface Hold {
  readonly runId: string
  readonly epoch: number
  readonly owner: string
}

/**
 * A step of a run, as a value: what was learned and where the run stands now. Being a value, it can be committed
 * together with those of other runs, and tried again by itself when the batch fails.
 */
export interface Checkpoint {
  readonly hold: Hold
  readonly status: RunStatus
  /** Milliseconds until a waiting run is due. */
  readonly dueInMs: number | null
  /** Whether the worker gives the run back. */
  readonly keeps: 'hold' | 'release'
  /** `advance`: something was finished; `return`: given back unharmed (shutdown), so this claim does not count. */
  readonly claim: 'advance' | 'unchanged' | 'return'
  /** The outcome, in the checkpoint that decides it. */
  readonly decides: Outcome | null
  readonly stages: readonly StageState[]
  readonly attempts: readonly AttemptRecord[]
  readonly artifacts: readonly StoredArtifact[]
  /** Stages whose parts (see `once`) are no longer needed. */
  readonly forgetParts: readonly string[]
  readonly call: CallChange | null
}

/** What a checkpoint changes on the call; written only while this run is the one that the call shows. */
export interface CallChange {
  readonly callId: string
  readonly recordingSid: string
  readonly columns: CallColumns & {
    readonly status?: CallStatus
    readonly error_code?: string | null
    readonly error_message?: string | null
  }
}

export type Committed =
  | { readonly kind: 'fenced' }
  | { readonly kind: 'committed'; readonly cancelRequested: string | null; readonly decidedAt: string | null }
