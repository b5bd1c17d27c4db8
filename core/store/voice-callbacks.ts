import { type Parties, updateParties } from './call-parties.ts'
import { updateCallStatus } from './call-statuses.ts'
import type { Database } from './database.ts'
import { insertCallback } from './insert-callback.ts'
import { askRecording, type RecordingAsk } from './recording-starts.ts'
import { showEnding } from './recordings.ts'
import { upsertCall } from './upsert-call.ts'
import { businessOfCall, type VoiceBusiness } from './voice-business.ts'

/** The question what to do with a call. */
export interface VoiceCallback extends Parties {
  readonly accountSid: string
  readonly callSid: string
  readonly callStatus: string
  readonly payload: Readonly<Record<string, string>>
}

/**
 * Commits that Twilio asked what to do with a call, and what is going to record it by our answer. Returns the
 * business that is called, also where Twilio asks again.
 */
export function ingestVoice(
  database: Database,
  callback: VoiceCallback,
  asks: (business: VoiceBusiness | null) => Exclude<RecordingAsk, 'rest'> | null,
): Promise<VoiceBusiness | null> {
  const { accountSid, callSid, callStatus, payload } = callback
  return database.knex.transaction(async (transaction) => {
    const row = { key: `voice:${callSid}`, kind: 'voice', callSid, payload, callStatus } as const
    const isNew = await insertCallback(database, transaction, row)
    const callId = await upsertCall(database, transaction, callSid, accountSid)
    if (isNew) await updateParties(database, transaction, callId, callback)
    if (isNew) await updateCallStatus(database, transaction, callId)
    const business = await businessOfCall(database, transaction, callId)
    const ask = asks(business)
    if (isNew && ask !== null) await askRecording(database, transaction, callId, ask)
    if (isNew) await showEnding(database, transaction, callId)
    return business
  })
}
