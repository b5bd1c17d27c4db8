import type { Knex } from 'knex'
import { updateCalls } from './call-columns.ts'
import type { Checkpoint, Committed } from './checkpoint.ts'
import { isoTime, now, type Stamp } from './clock.ts'
import type { Database } from './database.ts'
import { type Columns, deleteRows, insertRows, updateRows } from './rows.ts'

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
  value: 'json-value',
  created_at: 'clock',
} as const satisfies Columns

const PART = { run_id: 'uuid', stage_id: 'text' } as const satisfies Columns

/**
 * Commits checkpoints of different runs in one transaction, one statement per table. Those that no longer hold their
 * run match no row and are missing from the answer.
 */
export async function commitBatch(
  database: Database,
  transaction: Knex.Transaction,
  batch: readonly Checkpoint[],
): Promise<Map<string, Committed>> {
  const held = await updateRuns(database, transaction, batch)
  const valid = batch.filter(({ hold }) => held.has(hold.runId))
  await insertRows(database, transaction, 'run_stage', STAGE, valid.flatMap(stageRows), {
    conflict: { key: ['run_id', 'stage_id'], policy: 'update' },
  })
  // There already: this very checkpoint was committed, and its answer was lost. Nobody else could have written it.
  await insertRows(database, transaction, 'attempt', ATTEMPT, valid.flatMap(attemptRows), {
    conflict: { key: ['run_id', 'stage_id', 'number'], policy: 'ignore' },
  })
  await insertRows(database, transaction, 'artifact', ARTIFACT, valid.flatMap(artifactRows), {
    conflict: { key: ['run_id', 'stage_id'], policy: 'update' },
  })
  await updateCalls(database, transaction, valid)
  await deleteRows(database, transaction, 'part', PART, valid.flatMap(forgottenParts))
  return held
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

function forgottenParts({ hold, forgetParts }: Checkpoint) {
  return forgetParts.map((stage) => ({ run_id: hold.runId, stage_id: stage }))
}

function ago(milliseconds: number | null): number | null {
  return milliseconds === null ? null : -milliseconds
}
