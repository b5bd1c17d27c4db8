import type { Plan, PlannedStage } from './plan.ts'

/**
 * The plan for a terminal: stages of one number run side by side. As in
 * `3  stt  openai, else openai  audio or recording → transcript`.
 */
export function graphText(plan: Plan): string {
  const waves = wavesOf(plan)
  const lastWave = Math.max(0, ...waves.values())
  const rows = plan.stages
    .map((stage) => ({ stage, wave: waves.get(stage.id) ?? lastWave + 1 }))
    .sort((a, b) => a.wave - b.wave)
    .map(({ stage, wave }, index, all) => [
      all[index - 1]?.wave === wave ? '' : String(wave),
      stage.id === stage.stage ? stage.id : `${stage.id} (${stage.stage})`,
      stage.drivers.map(({ use }) => use).join(', else '),
      `${readsOf(stage)} → ${stage.contract.produces.name}`.trimStart(),
      stage.contract.final ? 'final' : stage.optional ? 'optional' : '',
    ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** The plan as a Mermaid flowchart: dashed edges are optional inputs, final stages hang on the outcome. */
export function graphMermaid(plan: Plan): string {
  const names = new Map(plan.stages.map(({ id }, index) => [id, `s${index}`]))
  const nodes = plan.stages.map((stage) => {
    const drivers = stage.drivers.map(({ use }, index) => (index === 0 ? use : `else ${use}`)).join('<br/>')
    const optional = stage.optional && !stage.contract.final ? '<br/><i>optional</i>' : ''
    return `  ${names.get(stage.id)}["<b>${escaped(stage.id)}</b><br/>${escaped(drivers)}${optional}"]`
  })
  const edges = plan.stages.flatMap((stage) =>
    stage.inputs.flatMap(({ need, candidates }) =>
      candidates.map(({ artifact, from }, index) => {
        const arrow = need === 'optional' || index > 0 ? '-.->' : '-->'
        return `  ${names.get(from)} ${arrow}|${escaped(artifact.name)}| ${names.get(stage.id)}`
      }),
    ),
  )
  return `${['flowchart TD', ...nodes, ...edges, ...outcomeEdges(plan, names)].join('\n')}\n`
}

/** The plan as plain data, without options: those may hold secrets. */
export function graphRecords(plan: Plan): readonly GraphRecord[] {
  return plan.stages.map(({ id, stage, contract, optional, drivers, inputs, dependsOn }) => ({
    id,
    stage,
    use: drivers.map(({ use }) => use),
    optional,
    final: contract.final,
    dependsOn,
    consumes: inputs.flatMap(({ candidates }) =>
      candidates.map(({ artifact, from }) => ({ artifact: artifact.name, from })),
    ),
    produces: contract.produces.name,
  }))
}

export interface GraphRecord {
  readonly id: string
  readonly stage: string
  /** The driver, then its fallbacks. */
  readonly use: readonly string[]
  readonly optional: boolean
  readonly final: boolean
  readonly dependsOn: readonly string[]
  readonly consumes: readonly { readonly artifact: string; readonly from: string }[]
  readonly produces: string
}

function outcomeEdges(plan: Plan, names: ReadonlyMap<string, string>): readonly string[] {
  const finals = plan.stages.filter(({ contract }) => contract.final)
  if (finals.length === 0) return []
  const depended = new Set(plan.stages.flatMap(({ dependsOn }) => dependsOn))
  const last = plan.stages.filter(({ id, contract }) => !contract.final && !depended.has(id))
  return [
    '  outcome(("outcome"))',
    ...last.map(({ id }) => `  ${names.get(id)} --> outcome`),
    ...finals.map(({ id }) => `  outcome --> ${names.get(id)}`),
  ]
}

/** The earliest turn in which each stage can run, from 1; final stages have none. */
function wavesOf(plan: Plan): ReadonlyMap<string, number> {
  const waves = new Map<string, number>()
  for (const { id, contract, dependsOn } of plan.stages) {
    if (!contract.final) waves.set(id, 1 + Math.max(0, ...dependsOn.map((above) => waves.get(above) ?? 0)))
  }
  return waves
}

function readsOf(stage: PlannedStage): string {
  const inputs = stage.inputs.map(({ need, candidates }) => {
    const words = candidates.map(({ artifact }) => artifact.name).join(' or ')
    return need === 'optional' ? `(${words})` : words
  })
  return (stage.contract.final ? ['outcome', ...inputs] : inputs).join(' + ')
}

/** Names of plugins' artifacts are any text. */
function escaped(text: string): string {
  return text.replace(/["|]/g, "'").replace(/&(?!\w+;)/g, '&amp;')
}
