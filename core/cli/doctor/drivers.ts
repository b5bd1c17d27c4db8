import { errorRecord } from '../../contracts/index.ts'
import type { DriverCheck } from '../../engine/open-plan.ts'
import type { Plan } from '../../pipeline/plan.ts'
import { type Finding, ok } from './finding.ts'
import type { ConfiguredModel } from './models.ts'

/** One finding per stage, of what its drivers say: a fallback that can work here makes a failure a warning. */
export function driverFindings(plan: Plan, checks: readonly DriverCheck[]): readonly Finding[] {
  return plan.stages.map(({ id, optional }) => {
    const name = `stage ${id}`
    const [first, ...fallbacks] = checks.filter(({ stage }) => stage === id)
    if (first === undefined) throw new Error(`stage ${id} was not asked`)
    if (first.problem === undefined) return ok(name, `${first.kind}/${first.use} can work here`)
    const { message, remedy } = errorRecord(first.problem)
    const heir = fallbacks.find(({ problem }) => problem === undefined)
    if (heir === undefined) return { name, status: optional ? 'warn' : 'fail', message, remedy }
    return { name, status: 'warn', message: `${message}; the fallback ${heir.kind}/${heir.use} takes over`, remedy }
  })
}

/** The models of the plan at OpenAI and the servers that speak its API: drivers with these three options. */
export function configuredModels(plan: Plan): readonly ConfiguredModel[] {
  return plan.stages
    .flatMap(({ drivers }) => drivers)
    .flatMap(({ options: { model, apiKey, baseUrl } }) =>
      typeof model === 'string' && typeof apiKey === 'string' && typeof baseUrl === 'string'
        ? [{ model, apiKey, baseUrl }]
        : [],
    )
}
