import { expect } from 'chai'
import fc from 'fast-check'
import {
  advance,
  apply,
  isOver,
  type RunEvent,
  type RunState,
  restore,
  type Step,
} from '../../../core/engine/machine.ts'
import type { Plan } from '../../../core/pipeline/plan.ts'
import type { StageStatus } from '../../../core/store/state.ts'
import { planOf, type StageSketch } from '../../support/plans.ts'

const error = { code: 'permanent', message: 'no', remedy: 'none' }

const CALL = planOf([
  { id: 'store' },
  { id: 'stt', needs: ['store'] },
  { id: 'summarize', needs: ['stt'], optional: true },
  { id: 'extract', needs: ['stt'] },
  { id: 'webhook', phase: 'final' },
])

function begin(plan: Plan): Step {
  return advance(plan, restore(plan, [], null, null))
}

function next(plan: Plan, { state }: Step, ...events: readonly RunEvent[]): Step {
  return advance(plan, events.reduce(apply, state))
}

function statuses({ state }: Step): Record<string, StageStatus> {
  return Object.fromEntries([...state.stages.values()].map(({ id, status }) => [id, status]))
}

describe('the state machine of a run', () => {
  it('starts what needs nothing, and side by side what became possible', () => {
    const first = begin(CALL)
    expect(first.starts).to.deep.equal(['store'])
    const second = next(CALL, first, { type: 'done', stage: 'store' })
    expect(second.starts).to.deep.equal(['stt'])
    const third = next(CALL, second, { type: 'done', stage: 'stt' })
    expect(third.starts).to.deep.equal(['summarize', 'extract'])
  })

  it('decides the outcome and starts the final stages in one step', () => {
    const step = afterStt({ type: 'done', stage: 'summarize' }, { type: 'done', stage: 'extract' })
    expect(step.decides).to.deep.equal({ status: 'completed', reason: null, error: null })
    expect(step.starts).to.deep.equal(['webhook'])
    expect(step.settled).to.equal(false)
    expect(next(CALL, step, { type: 'done', stage: 'webhook' })).to.include({ settled: true, decides: null })
  })

  it('completes although an optional stage has failed', () => {
    const step = afterStt({ type: 'failed', stage: 'summarize', error }, { type: 'done', stage: 'extract' })
    expect(step.decides?.status).to.equal('completed')
  })

  it('fails with the error of the stage, and still starts the final stages', () => {
    const step = afterStt({ type: 'done', stage: 'summarize' }, { type: 'failed', stage: 'extract', error })
    expect(step.decides).to.deep.equal({
      status: 'failed',
      reason: 'extract: no',
      error: { ...error, stage: 'extract' },
    })
    expect(step.starts).to.deep.equal(['webhook'])
  })

  it('lets what runs finish before it decides a failure', () => {
    const step = afterStt({ type: 'failed', stage: 'extract', error })
    expect(step.decides).to.equal(null)
    expect(next(CALL, step, { type: 'done', stage: 'summarize' }).decides?.status).to.equal('failed')
  })

  it('gives up a stage that waits for a retry once another has failed', () => {
    const waiting: RunEvent = { type: 'retry', stage: 'summarize', error, dueInMs: 10 }
    const step = afterStt(waiting, { type: 'failed', stage: 'extract', error })
    expect(step.decides?.status).to.equal('failed')
    expect(statuses(step)).to.include({ summarize: 'skipped' })
  })

  it('settles at once when a stage says so, and skips what has not started', () => {
    const started = next(CALL, begin(CALL), { type: 'done', stage: 'store' })
    const step = next(CALL, started, { type: 'settled', stage: 'stt', outcome: 'no_speech', reason: 'silence' })
    expect(step.decides).to.deep.equal({ status: 'no_speech', reason: 'silence', error: null })
    expect(statuses(step)).to.deep.equal({
      store: 'done',
      stt: 'done',
      summarize: 'skipped',
      extract: 'skipped',
      webhook: 'running',
    })
  })

  it('skips what needs the artifact of a stage that was skipped, and not what only takes it', () => {
    const plan = planOf([
      { id: 'a' },
      { id: 'needs', needs: ['a'] },
      { id: 'needs-that', needs: ['needs'] },
      { id: 'takes', takes: ['a'] },
    ])
    const step = next(plan, begin(plan), { type: 'skipped', stage: 'a', reason: 'nothing to do' })
    expect(statuses(step)).to.deep.equal({ a: 'skipped', needs: 'skipped', 'needs-that': 'skipped', takes: 'running' })
    expect(step.state.stages.get('needs')?.reason).to.equal('there is no a of a')
  })

  it('takes the next candidate of an input when the first was skipped', () => {
    const plan = planOf([{ id: 'recording' }, { id: 'audio', needs: ['recording'], optional: true }, { id: 'stt' }])
    const [recording, audio, stt] = plan.stages
    if (recording === undefined || audio === undefined || stt === undefined) throw new Error('three stages')
    const candidates = [audio, recording].map(({ id, contract }) => ({ artifact: contract.produces, from: id }))
    const first: Plan = {
      ...plan,
      stages: [
        recording,
        audio,
        { ...stt, inputs: [{ need: 'required', candidates }], dependsOn: ['audio', 'recording'] },
      ],
    }
    const started = next(first, begin(first), { type: 'done', stage: 'recording' })
    expect(next(first, started, { type: 'failed', stage: 'audio', error }).starts).to.deep.equal(['stt'])
  })

  it('starts the next driver at once, with attempts of its own', () => {
    const step = next(CALL, begin(CALL), { type: 'fallback', stage: 'store', error })
    expect(step.starts).to.deep.equal(['store'])
    expect(step.state.stages.get('store')).to.include({ driver: 1, driverAttempts: 0, attempts: 1 })
  })

  it('does not count an aborted attempt against the driver', () => {
    const step = next(CALL, begin(CALL), { type: 'aborted', stage: 'store' })
    expect(step.starts).to.deep.equal(['store'])
    expect(step.state.stages.get('store')).to.include({ driverAttempts: 0, attempts: 1 })
  })

  it('starts a waiting stage when it is due, and not before', () => {
    const waiting = next(CALL, begin(CALL), { type: 'retry', stage: 'store', error, dueInMs: 10 })
    expect(waiting.starts).to.deep.equal([])
    expect(next(CALL, waiting).starts).to.deep.equal([])
    expect(next(CALL, waiting, { type: 'due', stage: 'store' }).starts).to.deep.equal(['store'])
  })

  it('cancels once nothing runs any more, and starts the final stages all the same', () => {
    const cancelled = next(CALL, begin(CALL), { type: 'cancel', reason: 'by hand' })
    expect(cancelled.decides).to.equal(null)
    const step = next(CALL, cancelled, { type: 'aborted', stage: 'store' })
    expect(step.decides).to.deep.equal({ status: 'cancelled', reason: 'by hand', error: null })
    expect(step.starts).to.deep.equal(['webhook'])
  })

  it('does not cancel what is decided', () => {
    const decided = afterStt({ type: 'done', stage: 'summarize' }, { type: 'done', stage: 'extract' })
    expect(next(CALL, decided, { type: 'cancel', reason: 'too late' }).state.outcome?.status).to.equal('completed')
  })

  it('runs a stage again whose files are gone, before what needs them', () => {
    const plan = planOf([{ id: 'a' }, { id: 'b', needs: ['a'] }])
    const started = next(plan, begin(plan), { type: 'done', stage: 'a' }, { type: 'aborted', stage: 'b' })
    const taken = restore(plan, [...started.state.stages.values()].map(stopped), null, null)
    const step = advance(plan, apply(taken, { type: 'files-lost', stage: 'a' }))
    expect(step.starts).to.deep.equal(['a'])
    expect(next(plan, step, { type: 'done', stage: 'a' }).starts).to.deep.equal(['b'])
  })

  it('is completed when nothing had anything to do', () => {
    const plan = planOf([{ id: 'a' }])
    const step = next(plan, begin(plan), { type: 'skipped', stage: 'a', reason: 'no' })
    expect(step).to.include({ settled: true })
    expect(step.decides?.status).to.equal('completed')
  })

  it('keeps its promises whatever happens, in whatever order', () => {
    fc.assert(fc.property(sketches, fc.infiniteStream(fc.nat()), checkWalk), { numRuns: 300 })
  })
})

function afterStt(...events: readonly RunEvent[]): Step {
  const started = next(CALL, begin(CALL), { type: 'done', stage: 'store' })
  return next(CALL, next(CALL, started, { type: 'done', stage: 'stt' }), ...events)
}

function stopped<S extends { readonly status: StageStatus }>(stage: S): S {
  return stage.status === 'running' ? { ...stage, status: 'pending' } : stage
}

/** Up to seven stages that need and take what stands above them, the last ones final. */
const sketches = fc.integer({ min: 1, max: 7 }).chain((size) =>
  fc.tuple(
    ...Array.from({ length: size }, (_, index): fc.Arbitrary<StageSketch> => {
      const above = Array.from({ length: index }, (_unused, position) => `s${position}`)
      return fc.record({
        id: fc.constant(`s${index}`),
        needs: fc.subarray(above),
        takes: fc.subarray(above),
        optional: fc.boolean(),
        phase: fc.constant(index === size - 1 && size > 1 ? ('final' as const) : ('main' as const)),
      })
    }),
  ),
)

/** Walks a run with random events to its end, and checks after each step what must always hold. */
function checkWalk(stages: readonly StageSketch[], choices: fc.Stream<number>): void {
  const plan = planOf(stages.map((stage) => (stage.phase === 'final' ? { ...stage, needs: [], takes: [] } : stage)))
  const draw = (below: number) => (choices.next().value ?? 0) % below
  let step = begin(plan)
  let retries = 20
  for (let steps = 0; !step.settled; steps++) {
    expect(steps, 'a run comes to an end').to.be.below(200)
    checkStep(plan, step)
    const open = [...step.state.stages.values()].filter(({ status }) => status === 'running' || status === 'waiting')
    const stage = open[draw(open.length)]
    if (stage === undefined) throw new Error('nothing runs, nothing waits, and it is not settled')
    const event = stage.status === 'waiting' ? due(stage.id) : eventFor(stage.id, draw(8), retries-- > 0)
    const outcome = step.state.outcome
    const events = [event, ...(draw(40) === 0 ? [{ type: 'cancel', reason: 'by hand' } as const] : [])]
    step = next(plan, step, ...events)
    if (outcome !== null) expect(step.state.outcome, 'an outcome never changes').to.equal(outcome)
  }
  expect([...step.state.stages.values()].every(isOver)).to.equal(true)
}

function due(stage: string): RunEvent {
  return { type: 'due', stage }
}

function eventFor(stage: string, choice: number, mayComeAgain: boolean): RunEvent {
  if (mayComeAgain && choice === 0) return { type: 'retry', stage, error, dueInMs: 1 }
  if (mayComeAgain && choice === 1) return { type: 'fallback', stage, error }
  if (mayComeAgain && choice === 2) return { type: 'aborted', stage }
  if (choice === 3) return { type: 'failed', stage, error }
  if (choice === 4) return { type: 'skipped', stage, reason: 'no' }
  if (choice === 5) return { type: 'settled', stage, outcome: 'no_speech', reason: 'silence' }
  return { type: 'done', stage }
}

function checkStep(plan: Plan, { state, starts, decides }: Step): void {
  for (const id of starts) expect(state.stages.get(id)?.status, 'what starts is running').to.equal('running')
  for (const planned of plan.stages) {
    const stage = state.stages.get(planned.id)
    if (stage === undefined) throw new Error('every stage has a state')
    if (planned.contract.final) {
      if (state.outcome === null) expect(stage.status, 'final stages wait for the outcome').to.equal('pending')
    } else {
      if (state.outcome !== null) expect(isOver(stage), 'main stages are over once it is decided').to.equal(true)
      if (starts.includes(planned.id)) checkInputs(planned.dependsOn, state)
    }
  }
  if (decides !== null) expect(state.outcome).to.equal(decides)
}

function checkInputs(dependsOn: readonly string[], state: RunState): void {
  for (const id of dependsOn) expect(isOver(state.stages.get(id)), 'what a stage depends on is over').to.equal(true)
}
