import type { Knex } from 'knex'
import { CALL_ENDS_SQL } from './call-statuses.ts'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { recordingError } from './recording-errors.ts'

/** What a callback says of a recording. */
export interface RecordingNews {
  readonly recordingSid: string
  readonly status: 'in-progress' | 'completed' | 'absent' | 'failed'
  readonly durationSec: number | null
  readonly channels: number | null
  /** ISO-8601 UTC. */
  readonly startedAt: string | null
  readonly errorCode: string | null
}

/**
 * How far a recording has come. Callbacks arrive in any order, so what they say is merged by this, and never by which
 * of them came last.
 */
const progress = (status: string) =>
  `CASE ${status} WHEN 'in-progress' THEN 0 WHEN 'absent' THEN 1 WHEN 'failed' THEN 2 ELSE 3 END`

/** Where a recording stands after all callbacks so far. */
interface MergedRecording {
  readonly run_id: string | null
  readonly status: string
  readonly channels: number | null
  /** Seconds. */
  readonly duration_sec: number | null
}

/** Merges what a callback says into the recording's row. Returns where the recording stands then. */
export async function upsertRecording(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
  { recordingSid, status, channels, durationSec, errorCode, startedAt }: RecordingNews,
): Promise<MergedRecording> {
  const isFurther = `${progress('excluded.status')} > ${progress('recording.status')}`
  const [row] = await rowsOf<MergedRecording>(
    database,
    `INSERT INTO recording (recording_sid, call_id, source, status, channels, duration_sec, error_code, started_at, created_at)
     VALUES (?, ?, 'twilio', ?, ?, ?, ?, ?, ${now(database)})
     ON CONFLICT (recording_sid) DO UPDATE SET
       status = CASE WHEN ${isFurther} THEN excluded.status ELSE recording.status END,
       error_code = CASE WHEN ${isFurther} THEN excluded.error_code ELSE recording.error_code END,
       channels = COALESCE(excluded.channels, recording.channels),
       duration_sec = COALESCE(excluded.duration_sec, recording.duration_sec),
       started_at = COALESCE(recording.started_at, excluded.started_at)
     RETURNING run_id, status, channels, duration_sec`,
    [recordingSid, callId, status, channels, durationSec, errorCode, startedAt],
    transaction,
  )
  if (row === undefined) throw new Error('an upsert returned no row')
  return row
}

/** What runs find out of a recording. Another one that is shown has to find it out anew. */
const RESULTS = [
  'recording_url',
  'final_transcript',
  'transcript_language',
  'transcript_source',
  'summary',
  'extracted_city',
  'extracted_service',
  'extraction',
]

/**
 * Makes the recording the one that the call shows, unless the one it shows is complete and this one is not, or began
 * later (where both say when they began; else the latest arrival wins). What was found out of another one goes: a row
 * never has the transcript of one recording beside the SID of another.
 */
export async function showRecording(
  database: Database,
  transaction: Knex.Transaction,
  callId: string,
  { recordingSid, status, durationSec, channels, errorCode }: RecordingNews,
  starts: boolean,
): Promise<void> {
  const kept = RESULTS.map((name) => `${name} = CASE WHEN recording_sid = ? THEN ${name} END`).join(', ')
  const complete = (recording: string) => `CASE WHEN ${recording}.status = 'completed' THEN 1 ELSE 0 END`
  await rowsOf(
    database,
    `UPDATE call_log SET recording_sid = ?, recording_status = ?, recording_duration_sec = ?, recording_channels = ?,
       error_code = ?, error_message = ?, ${kept}, updated_at = ${now(database)}${starts ? ", status = 'recorded'" : ''}
     WHERE id = ? AND NOT EXISTS (
       SELECT 1 FROM recording shown JOIN recording arrived ON arrived.recording_sid = ?
       WHERE shown.recording_sid = call_log.recording_sid AND shown.recording_sid <> arrived.recording_sid
         AND (${complete('shown')} > ${complete('arrived')}
           OR (${complete('shown')} = ${complete('arrived')} AND shown.started_at > arrived.started_at)))`,
    [
      ...[recordingSid, status, durationSec, channels, errorCode, recordingError(status, errorCode)],
      ...RESULTS.map(() => recordingSid),
      ...[callId, recordingSid],
    ],
    transaction,
  )
}

/**
 * Says `no_recording` of a call that is over and has none. Where our TwiML has asked for one, that is certain only a
 * while later (`closeUnrecorded`). A recording that comes late undoes it.
 */
export async function showEnding(database: Database, transaction: Knex.Transaction, callId: string): Promise<void> {
  await rowsOf(
    database,
    `UPDATE call_log SET status = CASE
       WHEN EXISTS (SELECT 1 FROM recording WHERE recording.call_id = call_log.id
         AND recording.status IN ('in-progress', 'completed')) THEN 'received'
       WHEN call_status = 'completed' AND recording_sid IS NULL AND EXISTS (SELECT 1 FROM recording_start
         WHERE recording_start.call_id = call_log.id AND recording_start.state = 'asked') THEN 'received'
       WHEN call_status IN (${CALL_ENDS_SQL})
         OR recording_sid IS NOT NULL THEN 'no_recording'
       ELSE 'received' END
     WHERE id = ? AND status IN ('received', 'no_recording')`,
    [callId],
    transaction,
  )
}
