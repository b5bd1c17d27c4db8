import { Ajv } from 'ajv'
import { type Logger, type Media, type Recording, recording, thrownMessage } from '../contracts/index.ts'
import type { DueErasure } from '../store/recording-ends.ts'
import type { Store } from '../store/store.ts'

export interface RetentionOptions {
  readonly store: Store
  /** The recordings as a plan keeps them. Throws where the plan cannot be had. */
  readonly media: (planHash: string) => Promise<Media>
  /** Milliseconds after the recording was made. */
  readonly retentionMs: number
  readonly logger: Logger
}

const BATCH = 50

/**
 * Erases what has been kept long enough, wherever its runs have stored it. What fails rests an hour; what a crash
 * interrupts is done again. Returns how many were erased.
 */
export async function eraseOldRecordings(options: RetentionOptions, signal: AbortSignal): Promise<number> {
  const { store, retentionMs, logger } = options
  const isRecording = new Ajv({ strict: true }).compile<Recording>(recording.schema)
  let erased = 0
  for (;;) {
    const due = signal.aborted ? [] : await store.claimErasures(retentionMs, BATCH)
    for (const erasure of due) {
      if (signal.aborted) break
      const { callSid, recordingSid } = erasure
      try {
        await eraseCopies(options, erasure, isRecording)
      } catch (error) {
        logger.warn({ callSid, recordingSid, reason: thrownMessage(error) }, `Could not erase ${recordingSid}`)
        continue
      }
      await store.markErased(erasure)
      erased += 1
      logger.info({ callSid, recordingSid }, `Erased ${recordingSid}`)
    }
    if (due.length < BATCH) break
  }
  if (erased > 0) logger.info({ erased }, `Recordings erased, as recordings.retention says: ${erased}`)
  return erased
}

async function eraseCopies(
  { media }: RetentionOptions,
  { copies }: DueErasure,
  isRecording: (value: unknown) => value is Recording,
): Promise<void> {
  for (const { planHash, artifact } of copies) {
    if (!isRecording(artifact)) throw new Error('the recording was kept by another version of Aftercall')
    await (await media(planHash)).delete(artifact)
  }
}
