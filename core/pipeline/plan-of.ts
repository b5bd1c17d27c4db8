import { AftercallError, type Catalogue } from '../contracts/index.ts'
import { hashOf } from './hash.ts'
import { createOptionsReader } from './options.ts'
import { formatPath } from './path.ts'
import type { Plan } from './plan.ts'
import { resolveStages } from './resolve.ts'
import { RULES } from './rules.ts'
import type { PipelineSpec } from './spec.ts'
import type { Environment } from './variables.ts'

export interface PlanningContext {
  /** The folder of the pipeline file, absolute: paths in options begin there. */
  readonly directory: string
  readonly environment: Environment
  /** Opened with the spec's `plugins`. */
  readonly catalogue: Catalogue
}

/**
 * Plans a spec that a run has kept, whatever pipeline.yaml says by now. Throws an AftercallError `plan-unloadable`
 * where a driver, an option or a variable that it needs is gone.
 */
export async function planOf(
  spec: PipelineSpec,
  { directory, environment, catalogue }: PlanningContext,
): Promise<Plan> {
  const options = createOptionsReader(environment, directory)
  const { stages, findings } = await resolveStages(spec, { catalogue, options })
  const errors = findings.filter(({ rule }) => RULES[rule].severity === 'error')
  if (errors.length > 0) {
    const reasons = errors.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('; ')
    throw new AftercallError(`the pipeline that this run began with cannot be loaded: ${reasons}`, {
      code: 'plan-unloadable',
    })
  }
  return { hash: hashOf(spec), spec, stages: stages.filter((stage) => stage !== undefined) }
}
