import { AftercallError } from '../contracts/index.ts'
import type { PipelineSpec } from './spec.ts'

/**
 * A spec as a run kept it. It was checked when it was kept; this guards against rows of another version or hand.
 * Throws `plan-unloadable`.
 */
export function keptSpec(value: unknown): PipelineSpec {
  if (isSpec(value)) return value
  throw new AftercallError('the pipeline that this run began with was kept by another version of Aftercall', {
    code: 'plan-unloadable',
  })
}

function isSpec(value: unknown): value is PipelineSpec {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'plugins' in value &&
    Array.isArray(value.plugins) &&
    'stages' in value &&
    Array.isArray(value.stages)
  )
}
