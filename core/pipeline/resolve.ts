import type { PipelineDraft, StageDraft } from './draft.ts'
import { type DriverSource, driversOf } from './drivers.ts'
import type { Finding, Report } from './finding.ts'
import type { Path } from './path.ts'
import type { PlannedStage } from './plan.ts'
import { type Wires, wire } from './wiring.ts'
import { producersOf, wiringFinding } from './wiring-findings.ts'

export interface ResolvedStages {
  /** Undefined where a driver could not be had. */
  readonly stages: readonly (PlannedStage | undefined)[]
  readonly findings: readonly Finding[]
}

/** Loads the drivers, reads their options, and finds out who reads what; reports everything that is wrong. */
export async function resolveStages(
  draft: Pick<PipelineDraft, 'stages'>,
  source: DriverSource,
): Promise<ResolvedStages> {
  const findings: Finding[] = []
  const report: Report = (finding) => findings.push(finding)
  reportRepeatedIds(draft.stages, report)
  const drivers = await Promise.all(
    draft.stages.map((stage, index) =>
      stage === undefined ? undefined : driversOf(stage, ['stages', index], source, report),
    ),
  )
  const wired = wire(
    draft.stages.map((stage, index) => {
      const contract = drivers[index]?.[0].definition.contract
      return stage === undefined || contract === undefined ? undefined : { id: stage.id, contract }
    }),
  )
  for (const [index, [, faults]] of wired.entries()) {
    for (const fault of faults) {
      report(wiringFinding(fault, ['stages', index], await producersOf(fault, source.catalogue)))
    }
  }
  const stages = wired.map(([wires], index) => {
    const [stage, own, path] = [draft.stages[index], drivers[index], ['stages', index]]
    if (stage === undefined || own === undefined) return undefined
    return plannedStage(stage, own, wires, path, report)
  })
  return { stages, findings }
}

function plannedStage(
  stage: StageDraft,
  drivers: PlannedStage['drivers'],
  wires: Wires,
  path: Path,
  report: Report,
): PlannedStage {
  const { contract } = drivers[0].definition
  if (stage.optional && contract.final) {
    const message = `"${stage.stage}" is a final stage: it starts once the outcome is decided`
    report({ rule: 'optional-final', path: [...path, 'optional'], at: 'key', message })
  }
  return {
    id: stage.id,
    stage: stage.stage,
    contract,
    optional: stage.optional,
    concurrency: stage.concurrency ?? contract.concurrency,
    drivers,
    ...wires,
  }
}

function reportRepeatedIds(stages: PipelineDraft['stages'], report: Report): void {
  const known = new Set<string>()
  for (const [index, stage] of stages.entries()) {
    if (stage === undefined) continue
    if (known.has(stage.id)) {
      const key = stage.id === stage.stage ? 'stage' : 'id'
      const message = `a stage above is called "${stage.id}" too; write id: ${freeId(stage.id, stages)}, say`
      report({ rule: 'duplicate-id', path: ['stages', index, key], at: 'value', message })
    }
    known.add(stage.id)
  }
}

function freeId(id: string, stages: PipelineDraft['stages']): string {
  const taken = new Set(stages.map((stage) => stage?.id))
  let number = 2
  while (taken.has(`${id}-${number}`)) number += 1
  return `${id}-${number}`
}
