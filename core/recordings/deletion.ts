import { AftercallError, type Logger, thrownMessage } from '../contracts/index.ts'
import type { Store } from '../store/store.ts'
import type { TwilioApi } from '../twilio-api/recordings.ts'

export interface DeletionOptions {
  readonly store: Store
  readonly api: TwilioApi
  /** Milliseconds after the run has succeeded. */
  readonly afterMs: number
  readonly logger: Logger
}

const BATCH = 50

/**
 * Deletes at Twilio what has been processed. What fails rests an hour. A crash between deleting and marking does no
 * harm: the next sweep finds the recording gone, and marks it. Returns how many were deleted.
 */
export async function deleteAtTwilio(
  { store, api, afterMs, logger }: DeletionOptions,
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0
  for (;;) {
    const due = signal.aborted ? [] : await store.claimDeletions(afterMs, BATCH)
    for (const { recordingSid, callSid, accountSid } of due) {
      if (signal.aborted) break
      try {
        await api.deleteRecording(accountSid ?? api.account.accountSid, recordingSid, signal)
      } catch (error) {
        if (signal.aborted) break
        logger.warn(
          { callSid, recordingSid, reason: thrownMessage(error) },
          `Could not delete ${recordingSid} at Twilio`,
        )
        // Nothing else would fare better.
        if (error instanceof AftercallError && error.code === 'provider-credentials') return deleted
        continue
      }
      await store.markDeleted({ recordingSid })
      deleted += 1
      logger.info({ callSid, recordingSid }, `Deleted ${recordingSid} at Twilio`)
    }
    if (due.length < BATCH) break
  }
  if (deleted > 0) logger.info({ deleted }, `Recordings deleted at Twilio, as recordings.deleteAfter says: ${deleted}`)
  return deleted
}
