import type { OutcomeStatus } from './outcome.ts'

/** Instead of an artifact: this stage has nothing to do for this call. See `skip`. */
export class Skip {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** Instead of an artifact: the run's outcome is known now. See `settle`. */
export class Settle {
  readonly outcome: SettleOutcome
  readonly reason: string

  constructor(outcome: SettleOutcome, reason: string) {
    this.outcome = outcome
    this.reason = reason
  }
}

/** The outcomes that a stage may decide. Failing is done by throwing, cancelling by people. */
export type SettleOutcome = Exclude<OutcomeStatus, 'failed' | 'cancelled'>

/**
 * `return skip(reason)`: no artifact, and no failure either. Stages that need the artifact are skipped too, unless
 * they take it as optional.
 */
export function skip(reason: string): Skip {
  return new Skip(reason)
}

/**
 * `return settle('no_speech', reason)`: the run has this outcome; what has not started is skipped, what runs is
 * aborted, and the final stages start.
 */
export function settle(outcome: SettleOutcome, reason: string): Settle {
  return new Settle(outcome, reason)
}
