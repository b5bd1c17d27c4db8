import type { AnyArtifact, AnyContract } from '../contracts/index.ts'
import type { PlannedInput } from './plan.ts'

/** A stage as the wiring sees it. */
export interface WireableStage {
  readonly id: string
  readonly contract: AnyContract
}

/** A stage with its place in the graph. */
export interface Wires {
  readonly inputs: readonly PlannedInput[]
  readonly dependsOn: readonly string[]
  readonly writesColumns: boolean
}

export type WiringFault =
  /** `final`: a final stage above produces it, which is too late. */
  | { readonly kind: 'missing-input'; readonly artifacts: readonly string[]; readonly final: boolean }
  | { readonly kind: 'two-producers'; readonly artifact: string; readonly other: string }
  | { readonly kind: 'artifact-conflict'; readonly artifact: string; readonly other: string }

/**
 * Finds who reads what: of each artifact, the nearest producer above. So there are no cycles, and a stage that
 * consumes and produces one artifact replaces it for those below. A stage that is undefined (its driver could not be
 * had) may have produced anything: nothing below it is reported as missing.
 */
export function wire(
  stages: readonly (WireableStage | undefined)[],
): readonly (readonly [Wires, readonly WiringFault[]])[] {
  return stages.map((stage, index) => {
    if (stage === undefined) return [{ inputs: [], dependsOn: [], writesColumns: false }, []]
    const above = stages.slice(0, index)
    const { inputs, missing } = inputsOf(stage.contract, above)
    const produced = stage.contract.produces.name
    const below = stages.slice(index + 1)
    return [
      {
        inputs,
        dependsOn: stage.contract.final
          ? []
          : [...new Set(inputs.flatMap(({ candidates }) => candidates.map(({ from }) => from)))],
        writesColumns: !below.some((other) => other?.contract.produces.name === produced),
      },
      [...(above.includes(undefined) ? [] : missing), ...producerFaults(stage, above), ...conflicts(stage, above)],
    ]
  })
}

function inputsOf(contract: AnyContract, above: readonly (WireableStage | undefined)[]) {
  const missing: WiringFault[] = []
  const required = contract.consumes.map((input): PlannedInput => {
    const members = input.kind === 'first-of' ? input.members : [input]
    const candidates = members.flatMap((artifact) => candidateOf(artifact, above, contract.final))
    if (candidates.length === 0) {
      const final = above.some((stage) => members.some((member) => stage?.contract.produces.name === member.name))
      missing.push({ kind: 'missing-input', artifacts: members.map(({ name }) => name), final })
    }
    return { need: 'required', candidates }
  })
  const optional = contract.optional.map(
    (artifact): PlannedInput => ({ need: 'optional', candidates: candidateOf(artifact, above, contract.final) }),
  )
  return { inputs: [...required, ...optional].filter(({ candidates }) => candidates.length > 0), missing }
}

/** The nearest producer above; a final stage's artifact is there for final stages only. */
function candidateOf(artifact: AnyArtifact, above: readonly (WireableStage | undefined)[], final: boolean) {
  const producer = above.findLast(
    (stage) => stage?.contract.produces.name === artifact.name && (final || !stage.contract.final),
  )
  return producer === undefined ? [] : [{ artifact, from: producer.id }]
}

function producerFaults(stage: WireableStage, above: readonly (WireableStage | undefined)[]): readonly WiringFault[] {
  const { produces, final } = stage.contract
  const other = above.find((one) => one?.contract.produces.name === produces.name)
  // Each final stage has its own receiver: two webhooks make two receipts.
  if (other === undefined || (final && other.contract.final)) return []
  if (consumedBy(stage.contract).some(({ name }) => name === produces.name)) return []
  return [{ kind: 'two-producers', artifact: produces.name, other: other.id }]
}

/** Two plugins may have thought of one name. Artifacts are compared by what they are, for a module can load twice. */
function conflicts(stage: WireableStage, above: readonly (WireableStage | undefined)[]): readonly WiringFault[] {
  return [...consumedBy(stage.contract), stage.contract.produces].flatMap((artifact) => {
    const other = above.find((one) => one?.contract.produces.name === artifact.name)
    const same = other === undefined || sameArtifact(other.contract.produces, artifact)
    return same ? [] : [{ kind: 'artifact-conflict', artifact: artifact.name, other: other.id }]
  })
}

function sameArtifact(a: AnyArtifact, b: AnyArtifact): boolean {
  return a === b || JSON.stringify(a.schema) === JSON.stringify(b.schema)
}

/** Every artifact that a contract may read. */
export function consumedBy(contract: AnyContract): readonly AnyArtifact[] {
  return [
    ...contract.consumes.flatMap((input) => (input.kind === 'first-of' ? input.members : [input])),
    ...contract.optional,
  ]
}
