import { createHash, randomUUID } from 'node:crypto'
import type { Checkpoint, Hold } from '../../core/store/checkpoint.ts'
import type { ClaimedRun } from '../../core/store/claims.ts'
import type { RecordingCallback } from '../../core/store/recording-callbacks.ts'
import type { AttemptRecord, StageState } from '../../core/store/state.ts'
import type { StatusCallback } from '../../core/store/status-callbacks.ts'
import type { Store } from '../../core/store/store.ts'

/** A SID that is always the same for the same words. */
export function sidOf(kind: 'AC' | 'CA' | 'RE', words: string): string {
  return `${kind}${createHash('md5').update(words).digest('hex')}`
}

export const ACCOUNT = sidOf('AC', 'account')
export const CALL = sidOf('CA', 'call')
export const RECORDING = sidOf('RE', 'recording')

/** A pipeline of three stages, as a run keeps it. */
export const PLAN = {
  hash: 'plan-one',
  spec: {
    version: 1,
    plugins: [],
    stages: [
      stageSpec('recording-store', 'filesystem'),
      stageSpec('stt', 'openai', 'whisper'),
      stageSpec('webhook', 'http'),
    ],
  },
} as const

function stageSpec(stage: string, use: string, ...fallback: readonly string[]) {
  return {
    id: stage,
    stage,
    use,
    with: {},
    fallback: fallback.map((name) => ({ use: name, with: {} })),
    optional: false,
  }
}

export function recordingCallback(changes: Partial<RecordingCallback> = {}): RecordingCallback {
  return {
    accountSid: ACCOUNT,
    callSid: CALL,
    recordingSid: RECORDING,
    status: 'completed',
    durationSec: 42,
    channels: 2,
    startedAt: '2026-11-22T09:00:00.000Z',
    errorCode: null,
    payload: { CallSid: CALL },
    ...changes,
  }
}

export function statusCallback(changes: Partial<StatusCallback> = {}): StatusCallback {
  return {
    accountSid: ACCOUNT,
    callSid: CALL,
    parentCallSid: null,
    callStatus: 'completed',
    sequenceNumber: 3,
    direction: 'inbound',
    from: '+972501234567',
    to: '+97231234567',
    durationSec: 60,
    at: '2026-11-22T09:01:00.000Z',
    payload: { CallSid: CALL },
    ...changes,
  }
}

/** Brings a call with a completed recording in; returns its run. */
export async function startRun(store: Store, words = 'call'): Promise<string> {
  const ingested = await store.ingestRecording(
    recordingCallback({ callSid: sidOf('CA', words), recordingSid: sidOf('RE', words) }),
    PLAN,
  )
  if (ingested.kind !== 'started') throw new Error(`no run was started: ${ingested.kind}`)
  return ingested.runId
}

/** A worker that is alive. */
export async function startWorker(store: Store): Promise<string> {
  const id = randomUUID()
  await store.heartbeat({ id, host: 'here', pid: 1 })
  return id
}

/** A run, claimed by a new worker. Only where one run is due. */
export async function claimOne(store: Store): Promise<ClaimedRun> {
  const [run] = await store.claimRuns(await startWorker(store), 1)
  if (run === undefined) throw new Error('no run was due')
  return run
}

/** A checkpoint that changes nothing but what is given. */
export function checkpoint(hold: Hold, changes: Partial<Checkpoint> = {}): Checkpoint {
  return {
    hold,
    status: 'running',
    dueInMs: null,
    keeps: 'hold',
    claim: 'unchanged',
    decides: null,
    stages: [],
    attempts: [],
    artifacts: [],
    forgetParts: [],
    call: null,
    ...changes,
  }
}

export function stageState(id: string, changes: Partial<StageState> = {}): StageState {
  return {
    id,
    phase: 'main',
    status: 'done',
    driver: 0,
    driverAttempts: 1,
    attempts: 1,
    settles: null,
    reason: null,
    error: null,
    dueInMs: null,
    startedMsAgo: 1_000,
    finishedMsAgo: 0,
    ...changes,
  }
}

export function attempt(stage: string, changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return { stage, number: 1, use: 'openai', result: 'done', error: null, usage: null, startedMsAgo: 1_000, ...changes }
}

/** Settles a claimed run, its webhook delivered or failed. */
export async function settleRun(store: Store, { hold }: ClaimedRun, delivery: Partial<StageState> = {}): Promise<void> {
  await store.commit(
    checkpoint(hold, {
      status: 'settled',
      keeps: 'release',
      claim: 'advance',
      decides: { status: 'completed', reason: null, error: null },
      stages: [stageState('stt'), stageState('webhook', { phase: 'final', ...delivery })],
      artifacts: [{ stage: 'stt', name: 'transcript', value: { text: 'שלום' } }],
    }),
  )
}
