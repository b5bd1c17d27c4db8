import { AftercallError } from '../contracts/index.ts'
import type { Plan } from './plan.ts'

/**
 * Ids of the stages that a rerun does again, in the order of the plan: `from`, everything that depends on it, and the
 * final stages; without `from`, all. Throws an AftercallError `bad-request` where there is no such stage.
 */
export function stagesToRedo(plan: Plan, from?: string): readonly string[] {
  const ids = plan.stages.map(({ id }) => id)
  if (from === undefined) return ids
  if (!ids.includes(from)) {
    throw new AftercallError(`there is no stage "${from}" in this pipeline; there are ${ids.join(', ')}`, {
      code: 'bad-request',
    })
  }
  const redone = new Set([from])
  // One pass is enough: stages depend only on those above.
  for (const { id, contract, dependsOn } of plan.stages) {
    if (contract.final || dependsOn.some((above) => redone.has(above))) redone.add(id)
  }
  return ids.filter((id) => redone.has(id))
}
