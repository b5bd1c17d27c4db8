import type { AnyArtifact, AnyContract, AnyDriverDefinition, RetryDefaults } from '../contracts/index.ts'
import type { PipelineSpec } from './spec.ts'

/** A validated pipeline: stages as a graph by the artifacts that they consume and produce. */
export interface Plan {
  /** SHA-256 of the spec in canonical JSON: two runs with one hash had the same pipeline. */
  readonly hash: string
  readonly spec: PipelineSpec
  /** In the order of the file, which is a topological order: a stage reads only from above. */
  readonly stages: readonly PlannedStage[]
}

export interface PlannedStage {
  readonly id: string
  /** The kind: the word after `stage:`. */
  readonly stage: string
  readonly contract: AnyContract
  readonly optional: boolean
  readonly concurrency: 'cores' | number
  /** The first driver, then the fallbacks. Never empty. */
  readonly drivers: readonly [PlannedDriver, ...PlannedDriver[]]
  readonly inputs: readonly PlannedInput[]
  /** Ids of the stages that must be over before this one starts; empty for final stages, which wait for the outcome. */
  readonly dependsOn: readonly string[]
  /** Whether it is the last producer of its artifact: only then does it write columns of `call_log`. */
  readonly writesColumns: boolean
}

export interface PlannedDriver {
  readonly use: string
  readonly definition: AnyDriverDefinition
  /** Expanded, defaults filled in, checked against the driver's schema. May hold secrets: never log it. */
  readonly options: Readonly<Record<string, unknown>>
  readonly timeoutMs: number
  readonly retry: RetryDefaults
}

/** One input of a stage: the first candidate that has an artifact is given. */
export interface PlannedInput {
  readonly need: 'required' | 'optional'
  readonly candidates: readonly { readonly artifact: AnyArtifact; readonly from: string }[]
}
