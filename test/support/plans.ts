import { type AnyArtifact, type AnyDriverDefinition, defineArtifact, defineContract, Type } from 'aftercall'
import type { Plan, PlannedDriver, PlannedStage } from '../../core/pipeline/plan.ts'

/** A stage of a plan in a test, by what it needs. */
export interface StageSketch {
  readonly id: string
  /** Ids of the stages whose artifacts it needs. */
  readonly needs?: readonly string[]
  /** Ids of those whose artifacts it takes if they are there. */
  readonly takes?: readonly string[]
  readonly phase?: 'main' | 'final'
  readonly optional?: boolean
  /** The first, then the fallbacks; one that is never run where absent. */
  readonly drivers?: readonly [DriverSketch, ...DriverSketch[]]
  readonly concurrency?: number
  /** What it produces; `{ text }` under its id where absent. */
  readonly produces?: AnyArtifact
}

export interface DriverSketch {
  readonly use: string
  readonly definition: AnyDriverDefinition
  readonly attempts?: number
  readonly delayMs?: number
  readonly timeoutMs?: number
}

/** A plan of sketched stages, in their order. Its hash is made of their ids unless one is given. */
export function planOf(sketches: readonly StageSketch[], hash = sketches.map(({ id }) => id).join('-')): Plan {
  const artifacts = new Map(sketches.map((sketch) => [sketch.id, sketch.produces ?? textArtifact(sketch.id)]))
  const artifactOf = (id: string): AnyArtifact => {
    const artifact = artifacts.get(id)
    if (artifact === undefined) throw new Error(`the sketch has no stage ${id}`)
    return artifact
  }
  return {
    hash,
    spec: {
      version: 1,
      plugins: [],
      stages: sketches.map(({ id, drivers, optional = false }) => ({
        id,
        stage: id,
        use: drivers?.[0].use ?? 'none',
        with: {},
        fallback: (drivers ?? []).slice(1).map(({ use }) => ({ use, with: {} })),
        optional,
      })),
    },
    stages: sketches.map((sketch) => plannedStage(sketch, artifactOf)),
  }
}

function plannedStage(sketch: StageSketch, artifactOf: (id: string) => AnyArtifact): PlannedStage {
  const { id, needs = [], takes = [], phase = 'main', optional = false, concurrency = 100 } = sketch
  const contract = defineContract({
    stage: id,
    consumes: needs.map(artifactOf),
    optional: takes.map(artifactOf),
    produces: artifactOf(id),
    final: phase === 'final',
  })
  const [first, ...fallbacks] = sketch.drivers ?? [{ use: 'none', definition: idle(id) }]
  return {
    id,
    stage: id,
    contract,
    optional,
    concurrency,
    drivers: [plannedDriver(first), ...fallbacks.map(plannedDriver)],
    inputs: [
      ...needs.map((from) => ({ need: 'required' as const, candidates: [{ artifact: artifactOf(from), from }] })),
      ...takes.map((from) => ({ need: 'optional' as const, candidates: [{ artifact: artifactOf(from), from }] })),
    ],
    dependsOn: phase === 'final' ? [] : [...needs, ...takes],
    writesColumns: true,
  }
}

function plannedDriver({
  use,
  definition,
  attempts = 3,
  delayMs = 5,
  timeoutMs = 10_000,
}: DriverSketch): PlannedDriver {
  return { use, definition, options: {}, timeoutMs, retry: { attempts, delayMs, maxDelayMs: delayMs * 10 } }
}

/** `{ text }` under the name of its stage. */
export function textArtifact(name: string): AnyArtifact {
  return defineArtifact(name, Type.Object({ text: Type.String() }, { additionalProperties: false }))
}

function idle(id: string): AnyDriverDefinition {
  return {
    kind: 'driver',
    contract: defineContract({ stage: id, consumes: [], produces: textArtifact(id) }),
    description: '',
    options: Type.Object({}),
    create: () => ({ run: () => Promise.reject(new Error('a stage that was not to run has run')) }),
  }
}
