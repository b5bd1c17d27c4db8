import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import type { ErrorRecord } from '../contracts/index.ts'
import type { CallRecord, RunRecord, StageRecord } from '../store/calls.ts'
import type { RunStatus, StageStatus } from '../store/state.ts'

/** The part of a kept pipeline that is shown. It was checked when it was kept, but perhaps by an earlier version. */
const keptPipeline = Type.Object({
  stages: Type.Array(
    Type.Object({
      id: Type.String(),
      stage: Type.String(),
      use: Type.String(),
      fallback: Type.Array(Type.Object({ use: Type.String() })),
    }),
  ),
})
const isKeptPipeline = new Ajv({ strict: true }).compile<Static<typeof keptPipeline>>(keptPipeline)
type KeptStage = Static<typeof keptPipeline>['stages'][number]

/** A call with its run, as the API answers it. */
export interface CallView {
  readonly call: CallRecord
  readonly run: RunView | null
  /** By name; where several stages produced one artifact, the last one's. */
  readonly artifacts: Readonly<Record<string, unknown>>
}

export interface RunView {
  readonly id: string
  readonly status: RunStatus
  readonly outcome: string | null
  /** In the order of the pipeline, those that have not begun included. */
  readonly stages: readonly StageView[]
}

export interface StageView {
  readonly id: string
  /** The kind of stage. */
  readonly stage: string
  /** The driver in force: the first, or the fallback that took over. */
  readonly use: string
  readonly status: StageStatus
  readonly attempts: number
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly due_at: string | null
  readonly reason: string | null
  readonly error: ErrorRecord | null
}

export function callView(call: CallRecord, run: RunRecord | null): CallView {
  if (run === null) return { call, run: null, artifacts: {} }
  const { id, status, outcome } = run
  return { call, run: { id, status, outcome, stages: stageViews(run) }, artifacts: lastArtifacts(run) }
}

function stageViews(run: RunRecord): readonly StageView[] {
  const begun = new Map(run.stages.map((stage) => [stage.id, stage]))
  return keptStages(run).map((kept) => stageView(kept, begun.get(kept.id)))
}

function stageView({ id, stage, use, fallback }: KeptStage, begun: StageRecord | undefined): StageView {
  return {
    id,
    stage,
    use: [use, ...fallback.map((driver) => driver.use)][begun?.driver ?? 0] ?? use,
    status: begun?.status ?? 'pending',
    attempts: begun?.attempts ?? 0,
    started_at: begun?.started_at ?? null,
    finished_at: begun?.finished_at ?? null,
    due_at: begun?.due_at ?? null,
    reason: begun?.reason ?? null,
    error: begun?.error ?? null,
  }
}

/** The run's artifacts by name, each as the last stage in the pipeline that produced it left it. */
export function lastArtifacts(run: RunRecord): Readonly<Record<string, unknown>> {
  const byStage = new Map(run.artifacts.map((artifact) => [artifact.stage, artifact]))
  return Object.fromEntries(
    keptStages(run).flatMap(({ id }) => {
      const artifact = byStage.get(id)
      return artifact === undefined ? [] : [[artifact.name, artifact.value]]
    }),
  )
}

function keptStages({ plan }: RunRecord): readonly KeptStage[] {
  return isKeptPipeline(plan) ? plan.stages : []
}
