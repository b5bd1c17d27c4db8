/**
 * pipeline.yaml as its owner wrote it: checked, positions dropped. Below `with:` no `${…}` is expanded, so that it
 * holds no secret; elsewhere they are. This is what a run keeps, and what a plan is made from.
 */
export interface PipelineSpec {
  readonly version: 1
  /** npm packages or folders with more drivers (folders relative to the file). */
  readonly plugins: readonly string[]
  readonly stages: readonly StageSpec[]
}

export interface StageSpec extends DriverSpec {
  /** Unique in the file; the kind of stage unless `id` says otherwise. */
  readonly id: string
  /** The kind of stage: the folder below plugins/. */
  readonly stage: string
  /** What starts, in turn, when the driver above has spent its attempts; each inherits timeout and retry. */
  readonly fallback: readonly DriverSpec[]
  /** When it fails for good, the call still completes. */
  readonly optional: boolean
  /** Attempts of this stage that one worker runs at a time; the contract's default where absent. */
  readonly concurrency?: number
}

export interface DriverSpec {
  /** The driver: the file below plugins/<stage>/. */
  readonly use: string
  /** Its options, as written. */
  readonly with: Readonly<Record<string, unknown>>
  /** Milliseconds per attempt. */
  readonly timeoutMs?: number
  readonly retry?: RetrySpec
}

export interface RetrySpec {
  readonly attempts?: number
  readonly delayMs?: number
  readonly maxDelayMs?: number
}
