import type { JsonValue, Logger } from '../contracts/index.ts'
import {
  type Ingested,
  ingestLocal,
  ingestRecording,
  ingestStatus,
  type LocalRecording,
  type RecordingCallback,
  type StatusCallback,
} from './callbacks.ts'
import { type CallPage, type CallQuery, type CallRecord, findCall, listCalls, type RunRecord } from './calls.ts'
import type { Checkpoint, Committed, Hold } from './checkpoint.ts'
import { type ClaimedRun, cancelRequests, claimRuns, loadRuns, nextDueInMs, returnRun } from './claims.ts'
import { checkpointCommitter } from './committer.ts'
import { checkDatabase, type Database, type DatabaseOptions, openDatabase } from './database.ts'
import { type Delivery, type DeliveryQuery, listDeliveries, retryDelivery } from './deliveries.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { partsOf, savePart } from './parts.ts'
import { planSpec, savePlan } from './plans.ts'
import {
  failedCalls,
  latestRun,
  type PlanReference,
  type RunSummary,
  requestCancel,
  standingOf,
  startRerun,
} from './runs.ts'
import { freeRuns, heartbeat, leave, type WorkerIdentity, workers } from './workers.ts'

/** Everything that the program asks of the database, in one object: what is not here is not asked. */
export interface Store {
  readonly database: Database
  migrate(logger: Logger): Promise<readonly string[]>
  pendingMigrations(): Promise<readonly string[]>
  check(): Promise<void>
  close(): Promise<void>

  ingestRecording(callback: RecordingCallback, plan: PlanReference): Promise<Ingested>
  ingestStatus(callback: StatusCallback): Promise<Ingested>
  ingestLocal(recording: LocalRecording, plan: PlanReference, owner: string): Promise<string>

  listCalls(query: CallQuery): Promise<CallPage>
  findCall(
    callSid: string,
    recordingSid?: string,
  ): Promise<{ readonly call: CallRecord; readonly run: RunRecord | null } | undefined>
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
  /** How the runs that are named stand; those that are unknown are missing. */
  standingOf(runIds: readonly string[]): ReturnType<typeof standingOf>
}

export function openStore(options: DatabaseOptions): Store {
  return storeOf(openDatabase(options))
}

/** The store over a database that is open already. */
export function storeOf(database: Database): Store {
  return {
    database,
    migrate: (logger) => migrate(database, logger),
    pendingMigrations: () => pendingMigrations(database),
    check: () => checkDatabase(database),
    close: () => database.knex.destroy(),

    ingestRecording: (callback, plan) => ingestRecording(database, callback, plan),
    ingestStatus: (callback) => ingestStatus(database, callback),
    ingestLocal: (recording, plan, owner) => ingestLocal(database, recording, plan, owner),

    listCalls: (query) => listCalls(database, query),
    findCall: (callSid, recordingSid) => findCall(database, callSid, recordingSid),
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
    standingOf: (runIds) => standingOf(database, runIds),
  }
}
