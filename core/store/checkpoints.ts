import type { Knex } from 'knex'
import type { CallColumns, Outcome } from '../contracts/index.ts'
import { isoTime, now, type Stamp } from './clock.ts'
import type { Database } from './database.ts'
import { type Columns, type ColumnType, insertRows, updateRows } from './rows.ts'
import type { AttemptRecord, CallStatus, RunStatus, StageState, StoredArtifact } from './state.ts'

/** Who holds a run: every write is conditional on it, so that a worker that stalled and woke up changes nothing. */
export interface Hold {
  readonly runId: string
  readonly epoch: number
  readonly owner: string
}

/**
 * A step of a run, as a value: what was learned and where the run stands now. Being a value, it can be committed
 * together with those of other runs, and tried again by itself when the batch fails.
 */
export interface Checkpoint {
  readonly hold: Hold
  readonly status: RunStatus
  /** Milliseconds until a waiting run is due. */
  readonly dueInMs: number | null
  /** Whether the worker gives the run back. */
  readonly keeps: 'hold' | 'release'
  /** `advance`: something was finished; `return`: given back unharmed (shutdown), so this claim does not count. */
  readonly claim: 'advance' | 'unchanged' | 'return'
  /** The outcome, in the checkpoint that decides it. */
  readonly decides: Outcome | null
  readonly stages: readonly StageState[]
  readonly attempts: readonly AttemptRecord[]
  readonly artifacts: readonly StoredArtifact[]
  /** Stages whose parts (see `once`) are no longer needed. */
  readonly forgetParts: readonly string[]
  readonly call: CallChange | null
}

/** What a checkpoint changes on the call; written only while this run is the one that the call shows. */
export interface CallChange {
  readonly callId: string
  readonly recordingSid: string
  readonly columns: CallColumns & {
    readonly status?: CallStatus
    readonly error_code?: string | null
    readonly error_message?: string | null
  }
}

export type Committed =
  | { readonly kind: 'fenced' }
  | { readonly kind: 'committed'; readonly cancelRequested: string | null; readonly decidedAt: string | null }

interface Waiting {
  readonly checkpoint: Checkpoint
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: unknown) => void
}

/** How many checkpoints one transaction takes: enough to share the cost of the sync, short enough to stay quick. */
const BATCH = 64

/**
 * Commits checkpoints: one at a time when idle, and those that became ready meanwhile together, one statement per
 * table. When a batch fails, its items are tried singly, so that one that cannot be stored harms no other.
 */
export function checkpointCommitter(database: Database): (checkpoint: Checkpoint) => Promise<Committed> {
  const queue: Waiting[] = []
  let busy = false

  async function drain(): Promise<void> {
    busy = true
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH)
      try {
        settle(
          batch,
          await commit(
            database,
            batch.map(({ checkpoint }) => checkpoint),
          ),
        )
      } catch (error) {
        if (batch.length === 1) batch[0]?.reject(error)
        else await commitSingly(batch)
      }
    }
    busy = false
  }

  async function commitSingly(batch: readonly Waiting[]): Promise<void> {
    for (const item of batch) {
      try {
        settle([item], await commit(database, [item.checkpoint]))
      } catch (error) {
        item.reject(error)
      }
    }
  }

  return (checkpoint) =>
    new Promise((resolve, reject) => {
      queue.push({ checkpoint, resolve, reject })
      if (!busy) void drain()
    })
}

function settle(batch: readonly Waiting[], committed: ReadonlyMap<string, Committed>): void {
  for (const { checkpoint, resolve } of batch) {
    resolve(committed.get(checkpoint.hold.runId) ?? { kind: 'fenced' })
  }
}

const RUN: Columns = {
  id: 'uuid',
  epoch: 'integer',
  owner: 'uuid',
  status: 'text',
  due_at: 'clock',
  keeps: 'text',
  claim: 'text',
  outcome: 'text',
  reason: 'text',
  error: 'json',
}
const STAGE = {
  run_id: 'uuid',
  stage_id: 'text',
  phase: 'text',
  status: 'text',
  driver: 'integer',
  driver_attempts: 'integer',
  attempts: 'integer',
  settles: 'text',
  reason: 'text',
  error: 'json',
  due_at: 'clock',
  started_at: 'clock',
  finished_at: 'clock',
} as const satisfies Columns
const ATTEMPT = {
  run_id: 'uuid',
  stage_id: 'text',
  number: 'integer',
  epoch: 'integer',
  use: 'text',
  result: 'text',
  error: 'json',
  usage: 'json',
  started_at: 'clock',
  finished_at: 'clock',
} as const satisfies Columns
const ARTIFACT = {
  run_id: 'uuid',
  stage_id: 'text',
  name: 'text',
  value: 'json',
  created_at: 'clock',
} as const satisfies Columns

function commit(database: Database, batch: readonly Checkpoint[]): Promise<Map<string, Committed>> {
  return database.knex.transaction(async (transaction) => {
    const held = await updateRuns(database, transaction, batch)
    const valid = batch.filter(({ hold }) => held.has(hold.runId))
    await insertRows(database, transaction, 'run_stage', STAGE, valid.flatMap(stageRows), {
      conflict: { key: ['run_id', 'stage_id'], policy: 'update' },
    })
    await insertRows(database, transaction, 'attempt', ATTEMPT, valid.flatMap(attemptRows))
    await insertRows(database, transaction, 'artifact', ARTIFACT, valid.flatMap(artifactRows), {
      conflict: { key: ['run_id', 'stage_id'], policy: 'update' },
    })
    await updateCalls(database, transaction, valid)
    for (const { hold, forgetParts } of valid) {
      if (forgetParts.length > 0) {
        await transaction('part').where('run_id', hold.runId).whereIn('stage_id', forgetParts).delete()
      }
    }
    return held
  })
}

async function updateRuns(
  database: Database,
  transaction: Knex.Transaction,
  batch: readonly Checkpoint[],
): Promise<Map<string, Committed>> {
  const stamp = now(database)
  const rows = await updateRows<{ id: string; cancel_requested: string | null; decided_at: Stamp | null }>(
    database,
    transaction,
    'run',
    RUN,
    ['id', 'epoch', 'owner'],
    batch.map(runRow),
    {
      set: {
        status: 'v.status',
        due_at: 'v.due_at',
        owner: `CASE WHEN v.keeps = 'release' THEN NULL ELSE run.owner END`,
        claims: `CASE v.claim WHEN 'advance' THEN 0 WHEN 'return' THEN run.claims - 1 ELSE run.claims END`,
        outcome: 'COALESCE(run.outcome, v.outcome)',
        reason: 'CASE WHEN run.outcome IS NULL THEN v.reason ELSE run.reason END',
        error: 'CASE WHEN run.outcome IS NULL THEN v.error ELSE run.error END',
        decided_at: `CASE WHEN run.outcome IS NULL AND v.outcome IS NOT NULL THEN ${stamp} ELSE run.decided_at END`,
        settled_at: `CASE WHEN v.status = 'settled' THEN ${stamp} ELSE NULL END`,
      },
      returning: ['id', 'cancel_requested', 'decided_at'],
    },
  )
  return new Map(
    rows.map((row): [string, Committed] => [
      row.id,
      { kind: 'committed', cancelRequested: row.cancel_requested, decidedAt: isoTime(row.decided_at) },
    ]),
  )
}

function runRow({ hold, status, dueInMs, keeps, claim, decides }: Checkpoint) {
  return {
    id: hold.runId,
    epoch: hold.epoch,
    owner: hold.owner,
    status,
    due_at: dueInMs,
    keeps,
    claim,
    outcome: decides?.status ?? null,
    reason: decides?.reason ?? null,
    error: decides?.error ?? null,
  }
}

function stageRows({ hold, stages }: Checkpoint) {
  return stages.map((stage) => ({
    run_id: hold.runId,
    stage_id: stage.id,
    phase: stage.phase,
    status: stage.status,
    driver: stage.driver,
    driver_attempts: stage.driverAttempts,
    attempts: stage.attempts,
    settles: stage.settles,
    reason: stage.reason,
    error: stage.error,
    due_at: stage.dueInMs,
    started_at: ago(stage.startedMsAgo),
    finished_at: ago(stage.finishedMsAgo),
  }))
}

function attemptRows({ hold, attempts }: Checkpoint) {
  return attempts.map((attempt) => ({
    run_id: hold.runId,
    stage_id: attempt.stage,
    number: attempt.number,
    epoch: hold.epoch,
    use: attempt.use,
    result: attempt.result,
    error: attempt.error,
    usage: attempt.usage,
    started_at: ago(attempt.startedMsAgo),
    finished_at: 0,
  }))
}

function artifactRows({ hold, artifacts }: Checkpoint) {
  return artifacts.map(({ stage, name, value }) => ({
    run_id: hold.runId,
    stage_id: stage,
    name,
    value,
    created_at: 0,
  }))
}

function ago(milliseconds: number | null): number | null {
  return milliseconds === null ? null : -milliseconds
}

/** The columns of `call_log` that checkpoints write, with their types. */
const CALL_COLUMNS: Readonly<Record<string, ColumnType>> = {
  status: 'text',
  error_code: 'text',
  error_message: 'text',
  recording_url: 'text',
  recording_duration_sec: 'real',
  recording_channels: 'integer',
  final_transcript: 'text',
  transcript_language: 'text',
  transcript_source: 'text',
  summary: 'text',
  extracted_city: 'text',
  extracted_service: 'text',
  extraction: 'json',
}

/** One statement per set of columns; nearly always a whole batch writes one or two sets. */
async function updateCalls(
  database: Database,
  transaction: Knex.Transaction,
  batch: readonly Checkpoint[],
): Promise<void> {
  const bySet = new Map<string, Record<string, unknown>[]>()
  for (const { hold, call } of batch) {
    if (call === null) continue
    const names = Object.keys(CALL_COLUMNS).filter((name) => Object.hasOwn(call.columns, name))
    if (names.length === 0) continue
    const rows = bySet.get(names.join()) ?? []
    rows.push({ ...call.columns, id: call.callId, recording_sid: call.recordingSid, run_id: hold.runId, updated_at: 0 })
    bySet.set(names.join(), rows)
  }
  for (const [set, rows] of bySet) {
    const names = [...set.split(','), 'updated_at']
    const columns: Columns = {
      ...Object.fromEntries(names.map((name) => [name, CALL_COLUMNS[name] ?? 'clock'])),
      id: 'uuid',
      recording_sid: 'text',
      run_id: 'uuid',
    }
    await updateRows(database, transaction, 'call_log', columns, ['id', 'recording_sid'], rows, {
      set: Object.fromEntries(names.map((name) => [name, `v."${name}"`])),
      where: `EXISTS (SELECT 1 FROM recording
        WHERE recording.recording_sid = call_log.recording_sid AND recording.run_id = v.run_id)`,
      returning: ['id'],
    })
  }
}
