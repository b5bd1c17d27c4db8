import type { JsonValue, Logger } from '../contracts/index.ts'
import { addBusiness, type ListedBusiness, listBusinesses, type NewBusiness, removeBusiness } from './businesses.ts'
import { type CallPage, type CallQuery, type CallRecord, findCall, listCalls, type RunRecord } from './calls.ts'
import type { Checkpoint, Committed, Hold } from './checkpoint.ts'
import { type ClaimedRun, cancelRequests, claimRuns, heldRuns, loadRuns, nextDueInMs, returnRun } from './claims.ts'
import { checkpointCommitter } from './committer.ts'
import { type Counts, countAll } from './counts.ts'
import { checkDatabase, type Database, type DatabaseOptions, openDatabase } from './database.ts'
import { type Delivery, type DeliveryQuery, listDeliveries, retryDelivery } from './deliveries.ts'
import { ingestLocal, type LocalRecording } from './local-recordings.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { partsOf, savePart } from './parts.ts'
import { planSpec, savePlan } from './plans.ts'
import { type Ingested, ingestRecording, type RecordingCallback } from './recording-callbacks.ts'
import {
  claimDeletions,
  claimErasures,
  type DueDeletion,
  type DueErasure,
  markDeleted,
  markErased,
} from './recording-ends.ts'
import { claimDueRecordings, closeUnrecorded, type DueRecording, settleDueRecording } from './recording-starts.ts'
import {
  failedCalls,
  latestRun,
  type PlanReference,
  type RunSummary,
  requestCancel,
  standingOf,
  startRerun,
} from './runs.ts'
import { type IngestedStatus, ingestStatus, type StatusCallback } from './status-callbacks.ts'
import type { StreamWaits } from './stream-decision.ts'
import {
  type FinishedStream,
  forgetStreamFile,
  ingestStream,
  type PromotedStream,
  promoteStreams,
  type SpentStream,
  spentStreams,
  standingOfStream,
} from './streams.ts'
import {
  beginSync,
  endSync,
  keepSync,
  recordingStatuses,
  type SyncLease,
  type SyncStanding,
  syncStanding,
} from './sync.ts'
import { ingestVoice, type VoiceCallback } from './voice-callbacks.ts'
import { freeRuns, heartbeat, leave, type WorkerIdentity, workers } from './workers.ts'

/** Everything that the program asks of the database, in one object: what is not here is not asked. */
export interface Store {
  readonly database: Database
  migrate(logger: Logger): Promise<readonly string[]>
  pendingMigrations(): Promise<readonly string[]>
  check(): Promise<void>
  close(): Promise<void>

  ingestRecording(callback: RecordingCallback, plan: PlanReference): Promise<Ingested>
  ingestStatus(callback: StatusCallback, onAnswer?: 'record' | 'leave'): Promise<IngestedStatus>
  ingestVoice(callback: VoiceCallback, asks: Parameters<typeof ingestVoice>[2]): ReturnType<typeof ingestVoice>
  claimDueRecordings(): Promise<readonly DueRecording[]>
  settleDueRecording(callSid: string, state: 'started' | 'over' | 'refused'): Promise<void>
  /** How many. */
  closeUnrecorded(graceMs: number): Promise<number>
  ingestLocal(recording: LocalRecording, plan: PlanReference, owner: string): Promise<string>

  ingestStream(stream: FinishedStream): Promise<'stored' | 'repeated'>
  standingOfStream(callSid: string, recordingSid: string): ReturnType<typeof standingOfStream>
  promoteStreams(plan: PlanReference, waits: StreamWaits): Promise<readonly PromotedStream[]>
  spentStreams(): Promise<readonly SpentStream[]>
  forgetStreamFile(recordingSid: string): Promise<void>

  beginSync(lease: SyncLease, occasion: Parameters<typeof beginSync>[2]): Promise<boolean>
  keepSync(lease: SyncLease): Promise<boolean>
  endSync(lease: SyncLease, end: Parameters<typeof endSync>[2]): Promise<void>
  syncStanding(accountSid: string): Promise<SyncStanding>
  recordingStatuses(recordingSids: readonly string[]): Promise<ReadonlyMap<string, string>>

  claimDeletions(afterMs: number, limit: number): Promise<readonly DueDeletion[]>
  markDeleted(deletion: Pick<DueDeletion, 'recordingSid'>): Promise<void>
  claimErasures(retentionMs: number, limit: number): Promise<readonly DueErasure[]>
  markErased(erasure: Pick<DueErasure, 'recordingSid' | 'runId'>): Promise<void>

  listCalls(query: CallQuery): Promise<CallPage>
  findCall(
    callSid: string,
    recordingSid?: string,
  ): Promise<{ readonly call: CallRecord; readonly run: RunRecord | null } | undefined>
  addBusiness(business: NewBusiness): Promise<string>
  listBusinesses(): Promise<readonly ListedBusiness[]>
  removeBusiness(id: string): Promise<boolean>

  listDeliveries(query: DeliveryQuery): Promise<readonly Delivery[]>
  retryDelivery(id: string): Promise<void>

  latestRun(callSid: string, recordingSid?: string): Promise<RunSummary | undefined>
  startRerun(earlier: RunSummary, plan: PlanReference, takeOver: readonly string[]): Promise<string>
  requestCancel(runId: string, reason: string): Promise<boolean>
  failedCalls(sinceMs: number): Promise<readonly string[]>

  savePlan(plan: PlanReference): Promise<void>
  planSpec(hash: string): Promise<unknown>

  claimRuns(workerId: string, limit: number): Promise<readonly ClaimedRun[]>
  loadRuns(holds: readonly Hold[]): Promise<readonly ClaimedRun[]>
  heldRuns(workerId: string): Promise<readonly Hold[]>
  returnRun(hold: Hold, delayMs: number): Promise<boolean>
  nextDueInMs(): Promise<number | null>
  cancelRequests(workerId: string): Promise<readonly { readonly runId: string; readonly reason: string }[]>
  commit(checkpoint: Checkpoint): Promise<Committed>
  partsOf(runId: string, stage: string): Promise<ReadonlyMap<string, JsonValue>>
  savePart(hold: Hold, stage: string, key: string, value: JsonValue): Promise<boolean>

  heartbeat(worker: WorkerIdentity): Promise<void>
  leave(workerId: string): Promise<void>
  freeRuns(leaseMs: number, asking?: string): Promise<number>
  workers(): ReturnType<typeof workers>
  counts(): Promise<Counts>
  /** How the runs that are named stand; those that are unknown are missing. */
  standingOf(runIds: readonly string[]): ReturnType<typeof standingOf>
}

export function openStore(options: DatabaseOptions): Store {
  return storeOf(openDatabase(options))
}

/** The store over a database that is open already. */
function storeOf(database: Database): Store {
  return {
    database,
    migrate: (logger) => migrate(database, logger),
    pendingMigrations: () => pendingMigrations(database),
    check: () => checkDatabase(database),
    close: () => database.knex.destroy(),

    ingestRecording: (callback, plan) => ingestRecording(database, callback, plan),
    ingestStatus: (callback, onAnswer) => ingestStatus(database, callback, onAnswer),
    ingestVoice: (callback, asks) => ingestVoice(database, callback, asks),
    claimDueRecordings: () => claimDueRecordings(database),
    settleDueRecording: (callSid, state) => settleDueRecording(database, callSid, state),
    closeUnrecorded: (graceMs) => closeUnrecorded(database, graceMs),
    ingestLocal: (recording, plan, owner) => ingestLocal(database, recording, plan, owner),

    ingestStream: (stream) => ingestStream(database, stream),
    standingOfStream: (callSid, recordingSid) => standingOfStream(database, callSid, recordingSid),
    promoteStreams: (plan, waits) => promoteStreams(database, plan, waits),
    spentStreams: () => spentStreams(database),
    forgetStreamFile: (recordingSid) => forgetStreamFile(database, recordingSid),

    beginSync: (lease, occasion) => beginSync(database, lease, occasion),
    keepSync: (lease) => keepSync(database, lease),
    endSync: (lease, end) => endSync(database, lease, end),
    syncStanding: (accountSid) => syncStanding(database, accountSid),
    recordingStatuses: (recordingSids) => recordingStatuses(database, recordingSids),

    claimDeletions: (afterMs, limit) => claimDeletions(database, afterMs, limit),
    markDeleted: (deletion) => markDeleted(database, deletion),
    claimErasures: (retentionMs, limit) => claimErasures(database, retentionMs, limit),
    markErased: (erasure) => markErased(database, erasure),

    listCalls: (query) => listCalls(database, query),
    findCall: (callSid, recordingSid) => findCall(database, callSid, recordingSid),
    addBusiness: (business) => addBusiness(database, business),
    listBusinesses: () => listBusinesses(database),
    removeBusiness: (id) => removeBusiness(database, id),

    listDeliveries: (query) => listDeliveries(database, query),
    retryDelivery: (id) => retryDelivery(database, id),

    latestRun: (callSid, recordingSid) => latestRun(database, callSid, recordingSid),
    startRerun: (earlier, plan, takeOver) => startRerun(database, earlier, plan, takeOver),
    requestCancel: (runId, reason) => requestCancel(database, runId, reason),
    failedCalls: (sinceMs) => failedCalls(database, sinceMs),

    savePlan: (plan) => savePlan(database, plan),
    planSpec: (hash) => planSpec(database, hash),

    claimRuns: (workerId, limit) => claimRuns(database, workerId, limit),
    loadRuns: (holds) => loadRuns(database, holds),
    heldRuns: (workerId) => heldRuns(database, workerId),
    returnRun: (hold, delayMs) => returnRun(database, hold, delayMs),
    nextDueInMs: () => nextDueInMs(database),
    cancelRequests: (workerId) => cancelRequests(database, workerId),
    commit: checkpointCommitter(database),
    partsOf: (runId, stage) => partsOf(database, runId, stage),
    savePart: (hold, stage, key, value) => savePart(database, hold, stage, key, value),

    heartbeat: (worker) => heartbeat(database, worker),
    leave: (workerId) => leave(database, workerId),
    freeRuns: (leaseMs, asking) => freeRuns(database, leaseMs, asking),
    workers: () => workers(database),
    counts: () => countAll(database),
    standingOf: (runIds) => standingOf(database, runIds),
  }
}
