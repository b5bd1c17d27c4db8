import { durationAt } from './duration-at.ts'
import { MAX_FALLBACKS, MAX_STAGES } from './file-schema.ts'
import type { Finding } from './finding.ts'
import { isMapping, type Path } from './path.ts'
import type { DriverSpec, PipelineSpec, RetrySpec, StageSpec } from './spec.ts'

/** A stage as far as it can be read: of a file with faults too, so that all faults are found at once. */
export type StageDraft = Omit<StageSpec, 'fallback'> & { readonly fallback: readonly (DriverSpec | undefined)[] }

/** A pipeline as far as it can be read. Parts that cannot keep their place, so that indexes still mean the file's. */
export interface PipelineDraft {
  readonly plugins: readonly string[]
  readonly stages: readonly (StageDraft | undefined)[]
  /** What a schema cannot say. */
  readonly findings: readonly Finding[]
}

/** Reads what has the right shape and leaves out the rest, which `checkFile` has reported. */
export function draftOf(value: unknown): PipelineDraft {
  const file = isMapping(value) ? value : {}
  const findings: Finding[] = []
  return {
    plugins: listOf(file['plugins'])
      .filter((plugin) => typeof plugin === 'string')
      .filter((plugin) => plugin !== ''),
    stages: listOf(file['stages'])
      .slice(0, MAX_STAGES)
      .map((stage, index) => stageDraft(stage, ['stages', index], findings)),
    findings,
  }
}

/** The spec of a draft in which nothing is missing. */
export function specOf({ plugins, stages }: PipelineDraft): PipelineSpec {
  return {
    version: 1,
    plugins,
    stages: stages.flatMap((stage) =>
      stage === undefined ? [] : [{ ...stage, fallback: stage.fallback.filter((driver) => driver !== undefined) }],
    ),
  }
}

function stageDraft(value: unknown, path: Path, findings: Finding[]): StageDraft | undefined {
  const driver = driverDraft(value, path, findings)
  if (driver === undefined || !isMapping(value)) return undefined
  const { stage, id, fallback, optional, concurrency } = value
  if (typeof stage !== 'string') return undefined
  return {
    id: typeof id === 'string' ? id : stage,
    stage,
    ...driver,
    fallback: listOf(fallback)
      .slice(0, MAX_FALLBACKS)
      .map((item, index) => driverDraft(item, [...path, 'fallback', index], findings)),
    optional: optional === true,
    ...(typeof concurrency === 'number' ? { concurrency } : {}),
  }
}

function driverDraft(value: unknown, path: Path, findings: Finding[]): DriverSpec | undefined {
  if (!isMapping(value) || typeof value['use'] !== 'string') return undefined
  const timeoutMs = durationAt(value, 'timeout', path, findings)
  if (timeoutMs === 0) {
    findings.push({
      rule: 'bad-duration',
      path: [...path, 'timeout'],
      at: 'value',
      message: 'timeout must be more than nothing',
    })
  }
  const retry = retryDraft(value['retry'], [...path, 'retry'], findings)
  return {
    use: value['use'],
    with: isMapping(value['with']) ? value['with'] : {},
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retry === undefined ? {} : { retry }),
  }
}

function retryDraft(value: unknown, path: Path, findings: Finding[]): RetrySpec | undefined {
  if (!isMapping(value)) return undefined
  const { attempts } = value
  const delayMs = durationAt(value, 'delay', path, findings)
  const maxDelayMs = durationAt(value, 'maxDelay', path, findings)
  if (delayMs !== undefined && maxDelayMs !== undefined && delayMs > maxDelayMs) {
    findings.push({
      rule: 'bad-retry',
      path: [...path, 'delay'],
      at: 'value',
      message: 'delay is longer than maxDelay',
    })
  }
  return {
    ...(typeof attempts === 'number' ? { attempts } : {}),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(maxDelayMs === undefined ? {} : { maxDelayMs }),
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
