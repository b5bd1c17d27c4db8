import type { Logger } from '../contracts/index.ts'
import type { PlannedStage } from '../pipeline/plan.ts'
import type { Store } from '../store/store.ts'
import type { EngineListener } from './events.ts'
import type { RunFiles } from './files.ts'

/** What all runs of a worker share. */
export interface RunEnvironment {
  readonly store: Store
  readonly files: RunFiles
  readonly logger: Logger
  readonly listener: EngineListener
  /** Runs the work when the stage has a free place on this worker. */
  readonly limit: <T>(stage: PlannedStage, work: () => Promise<T>) => Promise<T>
  /** Throws a `contract-broken` PermanentError, with the driver's name, for an output that its schema refuses. */
  readonly checkOutput: (artifact: PlannedStage['contract']['produces'], value: unknown, driver: string) => void
  /** From 0 to 1, for jitter. */
  readonly random: () => number
  /** How long a driver may take to stop after an abort, milliseconds. */
  readonly abortGraceMs: number
}
