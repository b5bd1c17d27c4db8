import type { Knex } from 'knex'
import { fromNow, now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { parseJson } from './rows.ts'

/** A recording that is to be deleted at Twilio. */
export interface DueDeletion {
  readonly recordingSid: string
  readonly callSid: string
  readonly accountSid: string | null
}

/** A recording that is to be erased wherever its runs have kept it. */
export interface DueErasure {
  readonly recordingSid: string
  readonly callSid: string
  /** The latest of its runs: that one is what the claim is about. */
  readonly runId: string
  /** `recording` artifacts as they are stored, each with the plan that made it. */
  readonly copies: readonly { readonly planHash: string; readonly artifact: unknown }[]
}

/** Who claims has so long; what fails is tried again after it. */
const REST_MS = 3_600_000

/** The latest run is over, and so is every other one: nobody needs the recording any more. */
const NOBODY_NEEDS_IT = `run.status = 'settled' AND NOT EXISTS (
  SELECT 1 FROM run other WHERE other.recording_sid = candidate.recording_sid AND other.status <> 'settled')`

/** The run has succeeded as a whole: its deliveries too. */
const SUCCEEDED = `run.outcome IN ('completed', 'no_speech') AND NOT EXISTS (
  SELECT 1 FROM run_stage WHERE run_stage.run_id = run.id AND phase = 'final' AND run_stage.status = 'failed')`

/** Claims up to `limit` recordings whose run has succeeded `afterMs` ago, for this process alone. */
export async function claimDeletions(
  database: Database,
  afterMs: number,
  limit: number,
): Promise<readonly DueDeletion[]> {
  const sids = await claim(database, 'delete_due_at', limit, afterMs, [
    `candidate.source = 'twilio' AND candidate.deleted_at IS NULL AND ${NOBODY_NEEDS_IT} AND ${SUCCEEDED}`,
    `run.settled_at <= ${fromNow(database, '-CAST(? AS double precision)')}`,
  ])
  const rows = await callsOf(database, sids)
  return rows.map(({ recording_sid, call_sid, account_sid }) => ({
    recordingSid: recording_sid,
    callSid: call_sid,
    accountSid: account_sid,
  }))
}

/** Says that it is gone at Twilio. An address of Twilio's that the call shows leads nowhere then. */
export function markDeleted(database: Database, { recordingSid }: Pick<DueDeletion, 'recordingSid'>): Promise<void> {
  return database.knex.transaction(async (transaction) => {
    await mark(database, transaction, 'deleted_at', `recording_sid = ?`, [recordingSid])
    await hideAddress(database, transaction, recordingSid, `AND recording_url LIKE '%/Recordings/' || recording_sid`)
  })
}

/** Claims up to `limit` recordings that are `retentionMs` old; never one whose run has failed: it may be run again. */
export async function claimErasures(
  database: Database,
  retentionMs: number,
  limit: number,
): Promise<readonly DueErasure[]> {
  const sids = await claim(database, 'erase_due_at', limit, retentionMs, [
    `candidate.erased_at IS NULL AND ${NOBODY_NEEDS_IT} AND run.outcome <> 'failed'`,
    `COALESCE(candidate.started_at, candidate.created_at) <= ${fromNow(database, '-CAST(? AS double precision)')}`,
  ])
  const rows = await callsOf(database, sids)
  return Promise.all(
    rows.map(async ({ recording_sid, call_sid, run_id }) => ({
      recordingSid: recording_sid,
      callSid: call_sid,
      runId: run_id,
      copies: await copiesOf(database, recording_sid),
    })),
  )
}

/** Says that no copy is left here; unless a run was started meanwhile, which may have stored it anew. */
export function markErased(
  database: Database,
  { recordingSid, runId }: Pick<DueErasure, 'recordingSid' | 'runId'>,
): Promise<void> {
  return database.knex.transaction(async (transaction) => {
    const marked = await mark(database, transaction, 'erased_at', 'recording_sid = ? AND run_id = ?', [
      recordingSid,
      runId,
    ])
    if (marked) await hideAddress(database, transaction, recordingSid, '')
  })
}

/**
 * One conditional UPDATE, so that of several processes one gets each recording. Rows that are locked are waited for,
 * and looked at anew: it may be the other end of the recording that is being claimed. `?` of the age comes last.
 */
async function claim(
  database: Database,
  column: 'delete_due_at' | 'erase_due_at',
  limit: number,
  ageMs: number,
  conditions: readonly string[],
): Promise<readonly string[]> {
  const rows = await rowsOf<{ recording_sid: string }>(
    database,
    `UPDATE recording SET ${column} = ${fromNow(database, `${REST_MS}`)}
     WHERE recording_sid IN (
       SELECT candidate.recording_sid FROM recording candidate JOIN run ON run.id = candidate.run_id
       WHERE (candidate.${column} IS NULL OR candidate.${column} <= ${now(database)}) AND ${conditions.join(' AND ')}
       ORDER BY candidate.created_at LIMIT ? ${database.kind === 'postgres' ? 'FOR UPDATE OF candidate' : ''})
     RETURNING recording_sid`,
    [ageMs, limit],
  )
  return rows.map(({ recording_sid }) => recording_sid)
}

async function callsOf(database: Database, recordingSids: readonly string[]) {
  if (recordingSids.length === 0) return []
  return rowsOf<{ recording_sid: string; call_sid: string; account_sid: string | null; run_id: string }>(
    database,
    `SELECT recording.recording_sid, recording.run_id, call_log.call_sid, call_log.account_sid
     FROM recording JOIN call_log ON call_log.id = recording.call_id
     WHERE recording.recording_sid IN (${recordingSids.map(() => '?').join(', ')}) ORDER BY recording.created_at`,
    recordingSids,
  )
}

/** Reruns take artifacts over, so most of them name the same place. */
async function copiesOf(database: Database, recordingSid: string): Promise<DueErasure['copies']> {
  const rows = await rowsOf<{ plan_hash: string; value: unknown }>(
    database,
    `SELECT DISTINCT run.plan_hash, artifact.value FROM run JOIN artifact ON artifact.run_id = run.id
     WHERE run.recording_sid = ? AND artifact.name = 'recording'`,
    [recordingSid],
  )
  return rows.map(({ plan_hash, value }) => ({ planHash: plan_hash, artifact: parseJson(value) }))
}

async function mark(
  database: Database,
  transaction: Knex.Transaction,
  column: 'deleted_at' | 'erased_at',
  condition: string,
  bindings: readonly string[],
): Promise<boolean> {
  const rows = await rowsOf(
    database,
    `UPDATE recording SET ${column} = ${now(database)} WHERE ${condition} RETURNING recording_sid`,
    bindings,
    transaction,
  )
  return rows.length > 0
}

async function hideAddress(
  database: Database,
  transaction: Knex.Transaction,
  recordingSid: string,
  condition: string,
): Promise<void> {
  await rowsOf(
    database,
    `UPDATE call_log SET recording_url = NULL, updated_at = ${now(database)} WHERE recording_sid = ? ${condition}`,
    [recordingSid],
    transaction,
  )
}
