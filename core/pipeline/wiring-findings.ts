import type { Catalogue } from '../contracts/index.ts'
import type { Finding } from './finding.ts'
import type { Path } from './path.ts'
import { consumedBy, type WiringFault } from './wiring.ts'

/** That a stage does not fit the others. `producers` are the kinds of stages that would produce what is missing. */
export function wiringFinding(fault: WiringFault, path: Path, producers: readonly string[]): Finding {
  const place = { path: [...path, 'stage'], at: 'value' } as const
  switch (fault.kind) {
    case 'missing-input': {
      const needed = alternatives(fault.artifacts)
      if (fault.final) {
        return { ...place, rule: 'final-input', message: `this needs ${needed}, which only a final stage produces` }
      }
      const would = producers.length === 0 ? '' : `; ${alternatives(producers)} would`
      return {
        ...place,
        rule: 'missing-input',
        message: `this needs ${needed}, and no stage above produces it${would}`,
      }
    }
    case 'two-producers': {
      const message = `"${fault.artifact}" is produced by "${fault.other}" above already`
      return { ...place, rule: 'two-producers', message }
    }
    case 'artifact-conflict': {
      const message = `its artifact "${fault.artifact}" has another schema than that of "${fault.other}"`
      return { ...place, rule: 'artifact-conflict', message }
    }
  }
}

/**
 * The kinds of stages that would produce what is missing. Only a driver knows its contract, so one of each kind is
 * loaded: worth it for a pipeline that cannot run, and only then.
 */
export async function producersOf(fault: WiringFault, catalogue: Catalogue): Promise<readonly string[]> {
  if (fault.kind !== 'missing-input' || fault.final) return []
  const kinds = Map.groupBy(await catalogue.names(), ({ stage }) => stage)
  const producers = await Promise.all(
    [...kinds].map(async ([stage, [first]]) => {
      const found = first === undefined ? undefined : await catalogue.find(stage, first.use)
      if (found === undefined || 'kind' in found) return []
      const { contract } = found.definition
      // What replaces an artifact needs one itself.
      const replaces = consumedBy(contract).some(({ name }) => name === contract.produces.name)
      return fault.artifacts.includes(contract.produces.name) && !replaces ? [stage] : []
    }),
  )
  return producers.flat()
}

function alternatives(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(' or ')
}
