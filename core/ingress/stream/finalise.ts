import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../contracts/index.ts'
import type { Store } from '../../store/store.ts'
import { type KeptStream, recordingSidOf, type StreamFolder, trackFile } from './folder.ts'
import { longerOf, mergeTracks } from './merge.ts'
import { BYTES_PER_MS } from './mulaw.ts'

export interface FinaliseOptions {
  readonly folder: StreamFolder
  readonly store: Pick<Store, 'standingOfStream' | 'ingestStream'>
  readonly logger: Logger
  readonly shortestMs: number
}

/**
 * Makes a recording of a stream that is over: WAV file, then row, then the raw files go. Each step can be repeated,
 * so a crash anywhere, or a database that is down, leaves nothing worse than something to finish later. What has its
 * row has had its file, and is not made again: by then it may have been stored elsewhere, and removed here.
 */
export async function finaliseStream(kept: KeptStream, options: FinaliseOptions): Promise<void> {
  const { folder, store, shortestMs } = options
  const { callSid, streamSid, accountSid } = kept
  const recordingSid = recordingSidOf(kept)
  const logger = options.logger.child({ callSid, streamSid, recordingSid })
  const { isStored, direction } = await store.standingOfStream(callSid, recordingSid)
  if (isStored) return folder.remove(kept)

  const tracks = tracksByLeg(kept, direction)
  const durationMs = (await longerOf(tracks)) / BYTES_PER_MS
  if (durationMs < shortestMs) {
    logger.info({ durationMs }, `[FINALIZE] Dropped a stream of ${durationMs} ms: there is nothing to hear in it`)
    return folder.remove(kept)
  }
  const file = folder.recordingFile(recordingSid)
  const part = join(kept.path, `recording.${process.pid}.part`)
  await mergeTracks(tracks, part)
  await rename(part, file)
  await syncFolder(folder.root)
  const durationSec = durationMs / 1_000
  const ingested = await store.ingestStream({ callSid, accountSid, recordingSid, file, durationSec, channels: 2 })
  await folder.remove(kept)
  if (ingested === 'stored') logger.info({ durationSec }, `[FINALIZE] Saved recording_sid: ${recordingSid}`)
}

/**
 * The tracks in the order of a dual recording: the parent leg on the first channel, as `speakerOfChannel` expects. A
 * stream belongs to one leg, and `inbound` is what that leg says. Of calls that come in or that the API makes it is the
 * parent; `outbound-dial` is the child, which hears the parent on its `outbound` track.
 * https://www.twilio.com/docs/voice/twiml/stream#track
 */
function tracksByLeg(kept: KeptStream, direction: string | null): readonly [string, string] {
  const inbound = trackFile(kept, 'inbound')
  const outbound = trackFile(kept, 'outbound')
  return direction === 'outbound-dial' ? [outbound, inbound] : [inbound, outbound]
}

/** A rename is durable once its directory has been flushed too. */
async function syncFolder(path: string): Promise<void> {
  const directory = await open(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
