import { hashOf } from './hash.ts'
import type { Plan } from './plan.ts'

/** The plan without its final stages: a plan of its own, for runs that are to tell nobody. */
export function withoutFinals(plan: Plan): Plan {
  const stages = plan.stages.filter(({ contract }) => !contract.final)
  const kept = new Set(stages.map(({ id }) => id))
  const spec = { ...plan.spec, stages: plan.spec.stages.filter(({ id }) => kept.has(id)) }
  return { hash: hashOf(spec), spec, stages }
}
