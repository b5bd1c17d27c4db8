import type { Knex } from 'knex'
import { now, untilStamp } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { savePlan } from './plans.ts'
import { showEnding, showRecording } from './recordings.ts'
import { insertRun, type PlanReference } from './runs.ts'
import { decideOnStream, type StreamWaits } from './stream-decision.ts'
import { upsertCall } from './upsert-call.ts'

/** The live audio of a call, complete, as a WAV file on this machine. */
export interface FinishedStream {
  readonly callSid: string
  readonly accountSid: string | null
  readonly recordingSid: string
  /** Absolute path. */
  readonly file: string
  readonly durationSec: number
  readonly channels: number
}

/**
 * Commits a stream as a complete recording that has no run yet: whether it gets one depends on Twilio. A second time
 * changes nothing. It says not when it began, because among recordings that say it the latest is shown, and one of
 * Twilio's is to win however long before the stream it began.
 */
export function ingestStream(database: Database, stream: FinishedStream): Promise<'stored' | 'repeated'> {
  const { callSid, accountSid, recordingSid, file, durationSec, channels } = stream
  return database.knex.transaction(async (transaction) => {
    const callId = await upsertCall(database, transaction, callSid, accountSid)
    const stamp = now(database)
    const inserted = await rowsOf(
      database,
      `INSERT INTO recording
         (recording_sid, call_id, source, file, status, channels, duration_sec, created_at, waits_since)
       VALUES (?, ?, 'stream', ?, 'completed', ?, ?, ${stamp}, ${stamp})
       ON CONFLICT (recording_sid) DO NOTHING RETURNING recording_sid`,
      [recordingSid, callId, file, channels, durationSec],
      transaction,
    )
    if (inserted.length === 0) return 'repeated'
    await showEnding(database, transaction, callId)
    return 'stored'
  })
}

/** What finishing a stream needs to know: whether it is committed already, and which way the call went. */
export async function standingOfStream(
  database: Database,
  callSid: string,
  recordingSid: string,
): Promise<{ readonly isStored: boolean; readonly direction: string | null }> {
  const stored = await rowsOf(database, 'SELECT 1 FROM recording WHERE recording_sid = ?', [recordingSid])
  const [call] = await rowsOf<{ direction: string | null }>(
    database,
    'SELECT direction FROM call_log WHERE call_sid = ?',
    [callSid],
  )
  return { isStored: stored.length > 0, direction: call?.direction ?? null }
}

/** The call is over: its streams wait from now on. */
export async function waitFromNow(database: Database, transaction: Knex.Transaction, callId: string): Promise<void> {
  await rowsOf(
    database,
    `UPDATE recording SET waits_since = ${now(database)} WHERE call_id = ? AND waits_since IS NOT NULL`,
    [callId],
    transaction,
  )
}

/** A stream that has become the recording of its call. */
export interface PromotedStream {
  readonly callSid: string
  readonly recordingSid: string
  readonly runId: string
}

interface WaitingRow {
  readonly recording_sid: string
  readonly call_id: string
  readonly call_sid: string
  readonly call_status: string | null
  readonly duration_sec: number | null
  readonly channels: number | null
  readonly waits_ms: number | string
  readonly is_completed: number
  readonly is_in_progress: number
  readonly is_refused: number
}

/** Looks at the streams that wait, and starts a run over each that is all there is of its call. */
export async function promoteStreams(
  database: Database,
  plan: PlanReference,
  waits: StreamWaits,
): Promise<readonly PromotedStream[]> {
  const promoted: PromotedStream[] = []
  for (const row of await waiting(database)) {
    if (decide(row, waits) === 'wait') continue
    const one = await database.knex.transaction((transaction) => settle(database, transaction, row, plan, waits))
    if (one !== undefined) promoted.push(one)
  }
  return promoted
}

/** Decides anew while callbacks of the call have to wait, because one may have come meanwhile, or another worker. */
async function settle(
  database: Database,
  transaction: Knex.Transaction,
  { call_id: callId, call_sid: callSid, recording_sid: recordingSid }: WaitingRow,
  plan: PlanReference,
  waits: StreamWaits,
): Promise<PromotedStream | undefined> {
  await rowsOf(database, 'UPDATE call_log SET call_sid = call_sid WHERE id = ? RETURNING id', [callId], transaction)
  const [row] = await waiting(database, recordingSid, transaction)
  const decision = row === undefined ? 'wait' : decide(row, waits)
  if (row === undefined || decision === 'wait') return undefined
  await rowsOf(database, 'UPDATE recording SET waits_since = NULL WHERE recording_sid = ?', [recordingSid], transaction)
  if (decision === 'superseded') return undefined
  const { duration_sec: durationSec, channels } = row
  const news = { recordingSid, status: 'completed', durationSec, channels, startedAt: null, errorCode: null } as const
  await showRecording(database, transaction, callId, news, true)
  await savePlan(database, plan, transaction)
  const runId = await insertRun(database, transaction, {
    callId,
    recordingSid,
    planHash: plan.hash,
    rerunOf: null,
    owner: null,
  })
  return { callSid, recordingSid, runId }
}

function waiting(
  database: Database,
  recordingSid: string | null = null,
  transaction?: Knex.Transaction,
): Promise<readonly WaitingRow[]> {
  const twilioHas = (...statuses: readonly string[]) =>
    `CASE WHEN EXISTS (SELECT 1 FROM recording other WHERE other.call_id = recording.call_id
       AND other.source = 'twilio' AND other.status IN (${statuses.map((status) => `'${status}'`).join(', ')}))
     THEN 1 ELSE 0 END`
  return rowsOf<WaitingRow>(
    database,
    `SELECT recording.recording_sid, recording.call_id, call_log.call_sid, call_log.call_status,
       recording.duration_sec, recording.channels, -${untilStamp(database, 'recording.waits_since')} AS waits_ms,
       ${twilioHas('completed')} AS is_completed, ${twilioHas('in-progress')} AS is_in_progress,
       ${twilioHas('absent', 'failed')} AS is_refused
     FROM recording JOIN call_log ON call_log.id = recording.call_id
     WHERE recording.waits_since IS NOT NULL${recordingSid === null ? '' : ' AND recording.recording_sid = ?'}
     ORDER BY recording.waits_since`,
    recordingSid === null ? [] : [recordingSid],
    transaction,
  )
}

function decide(row: WaitingRow, waits: StreamWaits): ReturnType<typeof decideOnStream> {
  const twilio =
    row.is_completed === 1
      ? 'completed'
      : row.is_in_progress === 1
        ? 'in-progress'
        : row.is_refused === 1
          ? 'refused'
          : 'unknown'
  return decideOnStream({ callStatus: row.call_status, twilio, waitsMs: Number(row.waits_ms) }, waits)
}

/** A WAV file of a stream that nobody needs any more. */
export interface SpentStream {
  readonly recordingSid: string
  readonly file: string
}

/**
 * Streams whose file may be removed: a settled run has stored them, or, where they got no run, has stored another
 * recording of the call. One that could not be stored stays.
 */
export async function spentStreams(database: Database): Promise<readonly SpentStream[]> {
  const rows = await rowsOf<{ recording_sid: string; file: string }>(
    database,
    `SELECT recording_sid, file FROM recording
     WHERE source = 'stream' AND file IS NOT NULL AND waits_since IS NULL AND EXISTS (
       SELECT 1 FROM recording stored JOIN run ON run.id = stored.run_id
         JOIN artifact ON artifact.run_id = run.id AND artifact.name = 'recording'
       WHERE run.status = 'settled' AND stored.call_id = recording.call_id
         AND (stored.recording_sid = recording.recording_sid OR recording.run_id IS NULL))`,
  )
  return rows.map(({ recording_sid, file }) => ({ recordingSid: recording_sid, file }))
}

/** The file of a stream is gone. */
export async function forgetStreamFile(database: Database, recordingSid: string): Promise<void> {
  await rowsOf(database, `UPDATE recording SET file = NULL WHERE recording_sid = ? AND source = 'stream'`, [
    recordingSid,
  ])
}
