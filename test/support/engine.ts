import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AnyDriverDefinition, type AttemptContext, type Services, silentLogger, Type } from 'aftercall'
import { defineContract } from '../../core/contracts/contract.ts'
import { transcript } from '../../core/contracts/index.ts'
import type { EngineEvent } from '../../core/engine/events.ts'
import { RunFiles } from '../../core/engine/files.ts'
import { OpenPlan } from '../../core/engine/open-plan.ts'
import { Plans } from '../../core/engine/plans.ts'
import { Worker, type WorkerOptions } from '../../core/engine/worker.ts'
import type { Plan } from '../../core/pipeline/plan.ts'
import { inProcessQueue } from '../../core/queue/in-process.ts'
import type { RunRecord } from '../../core/store/calls.ts'
import type { Store } from '../../core/store/store.ts'
import { recordingCallback, sidOf } from './calls.ts'

/** The engine over a store, for tests: real workers, real files, drivers of the test's own. */
export interface EngineBench {
  readonly queue: ReturnType<typeof inProcessQueue>
  readonly files: RunFiles
  /** Everything that its workers have told, in order. */
  readonly events: readonly EngineEvent[]
  /** A worker that knows these plans, and claims. Stopped after the test. */
  worker(plans: readonly Plan[], options?: Partial<WorkerOptions>): Promise<Worker>
  /** Brings a call in; returns the SID of the call. */
  ingest(plan: Plan, words?: string): Promise<string>
  /** The next event, or an earlier one that nobody has waited for, that fulfils the condition. */
  until(condition: (event: EngineEvent) => boolean): Promise<EngineEvent>
  /** What has been told so far counts no more. */
  forget(): void
  /** The run of a call as it is stored. */
  run(callSid: string): Promise<RunRecord>
}

export function engineBench(store: () => Store): EngineBench {
  let folder = ''
  let queue = inProcessQueue()
  let events: EngineEvent[] = []
  let waiting: { condition: (event: EngineEvent) => boolean; resolve: (event: EngineEvent) => void }[] = []
  let closing: (() => Promise<void>)[] = []

  const listener = (event: EngineEvent) => {
    events.push(event)
    for (const waiter of waiting.filter(({ condition }) => condition(event))) {
      waiting = waiting.filter((other) => other !== waiter)
      waiter.resolve(event)
    }
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aftercall-engine-'))
    queue = inProcessQueue()
    events = []
    waiting = []
    closing = []
  })
  afterEach(async () => {
    for (const close of closing) await close()
    await rm(folder, { recursive: true, force: true })
  })
  return {
    get queue() {
      return queue
    },
    get files() {
      return new RunFiles(join(folder, 'runs'))
    },
    get events() {
      return events
    },
    async worker(plans, options = {}) {
      const known = new Plans(store(), {
        load: () => Promise.reject(new Error('the test has not given this plan')),
        open: (plan) => new OpenPlan(plan, { fetch: () => Promise.reject(new Error('no network here')) }, silentLogger),
      })
      for (const plan of plans) known.use(plan)
      const worker = new Worker({
        store: store(),
        queue,
        plans: known,
        files: new RunFiles(join(folder, 'runs')),
        logger: silentLogger,
        listener,
        pollMs: 20,
        abortGraceMs: 50,
        random: () => 0.5,
        ...options,
      })
      closing.push(async () => {
        await worker.stop(0)
        await known.close()
      })
      await worker.start()
      return worker
    },
    async ingest(plan, words = 'call') {
      const callSid = sidOf('CA', words)
      await store().ingestRecording(recordingCallback({ callSid, recordingSid: sidOf('RE', words) }), plan)
      queue.wake()
      return callSid
    },
    until(condition) {
      const past = events.find(condition)
      if (past !== undefined) return Promise.resolve(past)
      return new Promise((resolve) => waiting.push({ condition, resolve }))
    },
    forget() {
      events = []
    },
    async run(callSid) {
      const found = await store().findCall(callSid)
      if (found?.run == null) throw new Error(`there is no run of ${callSid}`)
      return found.run
    },
  }
}

/** What a driver of a test does: gets everything, may return anything. */
export type Behaviour = (
  input: Readonly<Record<string, unknown>>,
  context: AttemptContext,
  services: Services,
) => Promise<unknown>

/** A driver as a plugin could bring it, well-behaved or not. */
export function driver(behaviour: Behaviour): AnyDriverDefinition {
  return {
    kind: 'driver',
    contract: defineContract({ stage: 'test', consumes: [], produces: transcript }),
    description: 'of a test',
    options: Type.Object({}),
    create: (_options, services) => ({ run: (input, context) => behaviour(input, context, services) }),
  }
}

/** Returns `{ text }`, which is what stages of a sketched plan produce. */
export function says(text: string): AnyDriverDefinition {
  return driver(async () => ({ text }))
}

export const isSettled = (event: EngineEvent) => event.type === 'run-settled'
export const isReleased = (event: EngineEvent) => event.type === 'run-released'
