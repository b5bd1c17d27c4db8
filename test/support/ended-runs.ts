import type { Recording } from '../../core/contracts/index.ts'
import { rowsOf } from '../../core/store/database.ts'
import type { Store } from '../../core/store/store.ts'
import { attempt, checkpoint, claimOne, PLAN, recordingCallback, sidOf, stageState, startRun } from './calls.ts'

/** How a run ended. */
export interface Ended {
  readonly outcome?: 'completed' | 'no_speech' | 'failed' | 'cancelled'
  /** Where the recording is kept. */
  readonly copy?: Partial<Recording>
  readonly delivery?: 'done' | 'failed'
  /** As if all of it had happened so long ago. */
  readonly hoursAgo?: number
}

/** A call whose run is over, its recording stored. Returns the SID of the recording. */
export async function endedRun(store: Store, words: string, ended: Ended = {}): Promise<string> {
  const { outcome = 'completed', copy, delivery = 'done', hoursAgo = 0 } = ended
  await startRun(store, words)
  await endNext(store, storedRecording(words, copy), outcome, delivery)
  const sid = sidOf('RE', words)
  await ageOf(store, sid, hoursAgo)
  return sid
}

/** Ends the one run that is due. */
export async function endNext(
  store: Store,
  recording: Recording,
  outcome: NonNullable<Ended['outcome']> = 'completed',
  delivery: NonNullable<Ended['delivery']> = 'done',
): Promise<void> {
  const { hold } = await claimOne(store)
  await store.commit(
    checkpoint(hold, {
      status: 'settled',
      keeps: 'release',
      claim: 'advance',
      decides: { status: outcome, reason: null, error: null },
      stages: [stageState('recording-store'), stageState('webhook', { phase: 'final', status: delivery })],
      attempts: [attempt('recording-store', { use: 'filesystem' })],
      artifacts: [{ stage: 'recording-store', name: 'recording', value: recording }],
    }),
  )
}

/** A `recording` artifact. */
export function storedRecording(words: string, changes: Partial<Recording> = {}): Recording {
  const sid = sidOf('RE', words)
  return {
    store: 'filesystem',
    key: `${sidOf('AC', 'account')}/${sid}.wav`,
    url: urlOf(sid),
    mediaType: 'audio/wav',
    extension: '.wav',
    bytes: 1,
    sha256: null,
    durationSec: 1,
    channels: 1,
    ...changes,
  }
}

export function urlOf(recordingSid: string): string {
  return `https://api.twilio.com/2010-04-01/Accounts/${sidOf('AC', 'account')}/Recordings/${recordingSid}`
}

async function ageOf(store: Store, recordingSid: string, hours: number): Promise<void> {
  const at = new Date(Date.now() - hours * 3_600_000).toISOString()
  const { database } = store
  await rowsOf(database, 'UPDATE recording SET started_at = ?, created_at = ? WHERE recording_sid = ?', [
    at,
    at,
    recordingSid,
  ])
  await rowsOf(database, 'UPDATE run SET settled_at = ? WHERE recording_sid = ? AND settled_at IS NOT NULL', [
    at,
    recordingSid,
  ])
  await rowsOf(database, 'UPDATE call_log SET recording_url = ? WHERE recording_sid = ?', [
    urlOf(recordingSid),
    recordingSid,
  ])
}

/** Another run over a recording, which nobody has taken yet. */
export async function rerunOf(store: Store, words: string): Promise<void> {
  const run = await store.latestRun(sidOf('CA', words))
  if (run === undefined) throw new Error('there is no run')
  await store.startRerun(run, PLAN, [])
}

/** A recording that has begun, and of which nothing is to be done. */
export async function begunRecording(store: Store, words: string): Promise<void> {
  await store.ingestRecording(
    recordingCallback({ callSid: sidOf('CA', words), recordingSid: sidOf('RE', words), status: 'in-progress' }),
    PLAN,
  )
}

/** What is known of the end of a recording. */
export async function endOf(store: Store, recordingSid: string) {
  const [row] = await rowsOf<{ deleted_at: unknown; erased_at: unknown; recording_url: string | null }>(
    store.database,
    `SELECT recording.deleted_at, recording.erased_at, call_log.recording_url
     FROM recording JOIN call_log ON call_log.id = recording.call_id WHERE recording.recording_sid = ?`,
    [recordingSid],
  )
  if (row === undefined) throw new Error(`there is no ${recordingSid}`)
  return { deleted: row.deleted_at !== null, erased: row.erased_at !== null, url: row.recording_url }
}

/** As if the hour was over for which what failed rests. */
export async function endRest(store: Store): Promise<void> {
  await rowsOf(store.database, 'UPDATE recording SET delete_due_at = NULL, erase_due_at = NULL')
}
