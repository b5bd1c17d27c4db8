import type { ErrorRecord, Outcome, SettleOutcome } from '../contracts/index.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import type { StageState } from '../store/state.ts'

/**
 * The state machine of a run. It is written down here and nowhere else; everything in this file is pure.
 *
 *   stage   pending ──▶ running ──▶ done       an artifact, or the outcome that it settles
 *              ▲           │ ├────▶ skipped    the driver said so, or what it needs is not there
 *              │           │ ├────▶ failed     the last driver has spent its attempts
 *              │           │ └────▶ waiting    for its next attempt, which has a due time
 *              │           ▼                       │
 *              └── aborted, lost ◀── due ──────────┘
 *
 *   run     undecided ──▶ decided ──▶ settled
 *
 * A main stage starts when all stages that it depends on are over. Once one that is not optional has failed, or one
 * has settled the run, or somebody has cancelled it, no other starts; those that run finish their attempt, and then
 * the outcome is decided: what has not started is skipped, and the final stages start. The outcome never changes
 * again. The run is settled when its final stages are over, however they ended.
 */
export interface RunState {
  readonly outcome: Outcome | null
  /** Why somebody wants it cancelled. */
  readonly cancel: string | null
  readonly stages: ReadonlyMap<string, StageState>
}

export type StageEvent =
  /** The attempt brought an artifact. */
  | { readonly type: 'done'; readonly stage: string }
  | { readonly type: 'skipped'; readonly stage: string; readonly reason: string }
  | { readonly type: 'settled'; readonly stage: string; readonly outcome: SettleOutcome; readonly reason: string }
  /** The attempt failed; the same driver tries again later. */
  | { readonly type: 'retry'; readonly stage: string; readonly error: ErrorRecord; readonly dueInMs: number }
  /** The attempt failed, and this driver is done with; the next one starts at once. */
  | { readonly type: 'fallback'; readonly stage: string; readonly error: ErrorRecord }
  /** The attempt failed, and there is no driver left. */
  | { readonly type: 'failed'; readonly stage: string; readonly error: ErrorRecord }
  /** The attempt was stopped through no fault of its own, or its worker died: it does not count against the driver. */
  | { readonly type: 'aborted'; readonly stage: string }
  /** A waiting stage's time has come, or somebody wants it now. */
  | { readonly type: 'due'; readonly stage: string }
  /** The files that a finished stage had made are gone, and somebody needs them. */
  | { readonly type: 'files-lost'; readonly stage: string }

export type RunEvent = StageEvent | { readonly type: 'cancel'; readonly reason: string }

/** The state of a run as it was stored; stages that have no row yet are pending. */
export function restore(
  plan: Plan,
  stored: readonly StageState[],
  outcome: Outcome | null,
  cancel: string | null,
): RunState {
  const rows = new Map(stored.map((stage) => [stage.id, stage]))
  return {
    outcome,
    cancel,
    stages: new Map(plan.stages.map((planned) => [planned.id, rows.get(planned.id) ?? pending(planned)])),
  }
}

function pending(planned: PlannedStage): StageState {
  return {
    id: planned.id,
    phase: planned.contract.final ? 'final' : 'main',
    status: 'pending',
    driver: 0,
    driverAttempts: 0,
    attempts: 0,
    settles: null,
    reason: null,
    error: null,
    dueInMs: null,
    startedMsAgo: null,
    finishedMsAgo: null,
  }
}

/** What an event makes of a run. */
export function apply(state: RunState, event: RunEvent): RunState {
  if (event.type === 'cancel') return state.outcome === null ? { ...state, cancel: event.reason } : state
  const stage = state.stages.get(event.stage)
  return stage === undefined ? state : withStage(state, { ...stage, ...changeOf(stage, event) })
}

function changeOf(stage: StageState, event: StageEvent): Partial<StageState> {
  const tried = { attempts: stage.attempts + 1, driverAttempts: stage.driverAttempts + 1 }
  const over = { ...tried, dueInMs: null, finishedMsAgo: 0 }
  switch (event.type) {
    case 'done':
      return { ...over, status: 'done', error: null }
    case 'skipped':
      return { ...over, status: 'skipped', reason: event.reason, error: null }
    case 'settled':
      return { ...over, status: 'done', settles: event.outcome, reason: event.reason, error: null }
    case 'failed':
      return { ...over, status: 'failed', error: event.error }
    case 'retry':
      return { ...tried, status: 'waiting', error: event.error, dueInMs: event.dueInMs }
    case 'fallback':
      return {
        status: 'pending',
        attempts: stage.attempts + 1,
        driver: stage.driver + 1,
        driverAttempts: 0,
        error: event.error,
      }
    case 'aborted':
      return { status: 'pending', attempts: stage.attempts + 1 }
    case 'due':
      return stage.status === 'waiting' ? { status: 'pending', dueInMs: null } : {}
    case 'files-lost':
      return stage.status === 'done' ? { status: 'pending', finishedMsAgo: null } : {}
  }
}

/** Where a run stands after everything that follows by itself has been drawn. */
export interface Step {
  readonly state: RunState
  /** Stages that start now; their status is `running` already. */
  readonly starts: readonly string[]
  /** The outcome, in the step that decides it. */
  readonly decides: Outcome | null
  /** Final stages over, nothing left. */
  readonly settled: boolean
}

/** Starts what can start, skips what cannot, and decides the outcome when it is due. */
export function advance(plan: Plan, before: RunState): Step {
  const starts: string[] = []
  let state = before.outcome === null ? advanceMain(plan, before, starts) : before
  const decides = before.outcome === null ? outcomeOf(plan, state) : null
  if (decides !== null) state = { ...skipRest(state, decides), outcome: decides }
  if (state.outcome !== null) state = startFinals(state, starts)
  return { state, starts, decides, settled: state.outcome !== null && [...state.stages.values()].every(isOver) }
}

function advanceMain(plan: Plan, before: RunState, starts: string[]): RunState {
  let state = before
  // In the order of the plan, which is topological: one pass is enough for skips to reach all that depend on them.
  for (const planned of plan.stages) {
    const stage = state.stages.get(planned.id)
    if (planned.contract.final || stage?.status !== 'pending' || isDoomed(plan, state)) continue
    if (!planned.dependsOn.every((id) => isOver(state.stages.get(id)))) continue
    const missing = missingInput(planned, state)
    if (missing === undefined) starts.push(planned.id)
    state = withStage(
      state,
      missing === undefined ? started(stage) : { ...stage, status: 'skipped', reason: missing, finishedMsAgo: 0 },
    )
  }
  return state
}

function missingInput(planned: PlannedStage, state: RunState): string | undefined {
  for (const input of planned.inputs) {
    if (input.need === 'optional' || input.candidates.some(({ from }) => hasArtifact(state, from))) continue
    const names = input.candidates.map(({ artifact, from }) => `${artifact.name} of ${from}`)
    return `there is no ${names.join(' and no ')}`
  }
  return undefined
}

/** Whether a stage has left an artifact: one that settled the run is done as well, but has none. */
export function hasArtifact(state: RunState, id: string): boolean {
  const stage = state.stages.get(id)
  return stage?.status === 'done' && stage.settles === null
}

function startFinals(before: RunState, starts: string[]): RunState {
  let state = before
  for (const stage of before.stages.values()) {
    if (stage.phase !== 'final' || stage.status !== 'pending') continue
    starts.push(stage.id)
    state = withStage(state, started(stage))
  }
  return state
}

function started(stage: StageState): StageState {
  return { ...stage, status: 'running', startedMsAgo: 0, finishedMsAgo: null }
}

/** Whether the outcome is certain already, so that nothing else need start. */
function isDoomed(plan: Plan, state: RunState): boolean {
  return state.cancel !== null || mainStages(state).some((stage) => stage.settles !== null || isFatal(plan, stage))
}

function isFatal(plan: Plan, stage: StageState): boolean {
  return stage.status === 'failed' && plan.stages.find(({ id }) => id === stage.id)?.optional !== true
}

/** The outcome, as soon as nothing that runs or could start can change it; null before. */
function outcomeOf(plan: Plan, state: RunState): Outcome | null {
  const main = mainStages(state)
  if (main.some(({ status }) => status === 'running')) return null
  if (state.cancel !== null) return { status: 'cancelled', reason: state.cancel, error: null }
  const settling = main.find((stage) => stage.settles !== null)
  if (settling?.settles != null) return { status: settling.settles, reason: settling.reason, error: null }
  const failed = main.find((stage) => isFatal(plan, stage))
  if (failed?.error != null) {
    return {
      status: 'failed',
      reason: `${failed.id}: ${failed.error.message}`,
      error: { ...failed.error, stage: failed.id },
    }
  }
  return main.every(isOver) ? { status: 'completed', reason: null, error: null } : null
}

function skipRest(before: RunState, outcome: Outcome): RunState {
  let state = before
  for (const stage of mainStages(before)) {
    if (isOver(stage)) continue
    const reason = `the call was ${outcome.status} before`
    state = withStage(state, { ...stage, status: 'skipped', reason, dueInMs: null, finishedMsAgo: 0 })
  }
  return state
}

function mainStages(state: RunState): readonly StageState[] {
  return [...state.stages.values()].filter(({ phase }) => phase === 'main')
}

export function isOver(stage: StageState | undefined): boolean {
  return stage?.status === 'done' || stage?.status === 'skipped' || stage?.status === 'failed'
}

function withStage(state: RunState, stage: StageState): RunState {
  return { ...state, stages: new Map(state.stages).set(stage.id, stage) }
}
