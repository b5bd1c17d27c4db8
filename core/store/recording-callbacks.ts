import type { Database } from './database.ts'
import { insertCallback } from './insert-callback.ts'
import { savePlan } from './plans.ts'
import { type RecordingNews, showEnding, showRecording, upsertRecording } from './recordings.ts'
import { insertRun, type PlanReference } from './runs.ts'
import { upsertCall } from './upsert-call.ts'

/** A recording callback, its SIDs checked by the door. */
export interface RecordingCallback extends RecordingNews {
  readonly accountSid: string
  readonly callSid: string
  /** The whole form. */
  readonly payload: Readonly<Record<string, string>>
}

/** What a callback did. A repetition does nothing, and is acknowledged like the first. */
export type Ingested =
  | { readonly kind: 'repeated' }
  | { readonly kind: 'stored' }
  | { readonly kind: 'started'; readonly runId: string }

/** Commits callback, call and, when a recording is complete, its run: all or nothing. */
export function ingestRecording(
  database: Database,
  callback: RecordingCallback,
  plan: PlanReference,
): Promise<Ingested> {
  const { accountSid, callSid, recordingSid, status } = callback
  return database.knex.transaction(async (transaction) => {
    const key = `recording:${accountSid}:${recordingSid}:${status}`
    if (
      !(await insertCallback(database, transaction, { key, kind: 'recording', callSid, payload: callback.payload }))
    ) {
      return { kind: 'repeated' }
    }
    const callId = await upsertCall(database, transaction, callSid, accountSid)
    const recording = await upsertRecording(database, transaction, callId, callback)
    const isNews = recording.status === status
    const starts = status === 'completed' && recording.run_id === null
    const { channels, duration_sec: durationSec } = recording
    if (isNews) await showRecording(database, transaction, callId, { ...callback, channels, durationSec }, starts)
    await showEnding(database, transaction, callId)
    if (!starts) return { kind: 'stored' }
    await savePlan(database, plan, transaction)
    const runId = await insertRun(database, transaction, {
      callId,
      recordingSid,
      planHash: plan.hash,
      rerunOf: null,
      owner: null,
    })
    return { kind: 'started', runId }
  })
}
