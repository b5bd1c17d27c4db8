import type { Plan, PlannedInput, PlannedStage } from '../pipeline/plan.ts'

/** The graph of the plan in force. Options are left out: they may hold secrets. */
export function pipelineView({ hash, stages }: Plan) {
  return { hash, stages: stages.map(stageView) }
}

function stageView({ id, stage, contract, optional, concurrency, drivers, inputs, dependsOn }: PlannedStage) {
  const [first, ...fallback] = drivers
  return {
    id,
    stage,
    use: first.use,
    fallback: fallback.map(({ use }) => use),
    optional,
    final: contract.final,
    concurrency,
    timeout_ms: first.timeoutMs,
    produces: contract.produces.name,
    inputs: inputs.map(inputView),
    depends_on: dependsOn,
  }
}

function inputView({ need, candidates }: PlannedInput) {
  return { need, candidates: candidates.map(({ artifact, from }) => ({ artifact: artifact.name, from })) }
}
