import { type Audio, type Media, type OpenedRecording, PermanentError, type Recording, type Speaker } from 'aftercall'
import { type ByteSource, bufferSource, withFileSource } from 'aftercall/audio'

/** Audio of one speaker, or of all of them where the channels were not split. */
export interface Track {
  readonly speaker: Speaker
  /** As somebody announced it; null where nobody did. */
  readonly durationSec: number | null
  /** Gives its bytes to `use`; may be called again and again. */
  read<T>(use: (source: ByteSource) => Promise<T>): Promise<T>
}

/** What `stt` gets: the tracks of a transcode stage, or the recording as it is. */
export type Heard =
  | { readonly audio: Audio; readonly recording?: undefined }
  | { readonly recording: Recording; readonly audio?: undefined }

/**
 * The tracks of the call. A recording that no transcode stage has split is held in memory, so it may have no more
 * than `maxBytes`.
 */
export async function tracksOf(
  heard: Heard,
  media: Media,
  maxBytes: number,
  signal: AbortSignal,
): Promise<readonly Track[]> {
  if (heard.audio !== undefined) {
    const { tracks, durationSec } = heard.audio
    return tracks.map(({ file, speaker }) => ({ speaker, durationSec, read: (use) => withFileSource(file, use) }))
  }
  const bytes = await readWhole(await media.open(heard.recording, undefined, signal), maxBytes, signal)
  const { durationSec } = heard.recording
  return [{ speaker: 'unknown', durationSec, read: (use) => use(bufferSource(bytes)) }]
}

async function readWhole({ stream, total }: OpenedRecording, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    if (total !== null && total > maxBytes) throw tooLarge(total, maxBytes)
    for await (const chunk of stream.iterator({ destroyOnReturn: true })) {
      signal.throwIfAborted()
      const bytes = Buffer.from(chunk)
      length += bytes.length
      if (length > maxBytes) throw tooLarge(length, maxBytes)
      chunks.push(bytes)
    }
  } catch (error) {
    // Not the stream's error: destroying it with one would raise it a second time, with nobody listening.
    stream.destroy()
    throw signal.aborted ? signal.reason : error
  }
  return Buffer.concat(chunks)
}

/** What is too large to be sent in one piece, and cannot be cut. */
export function tooLarge(bytes: number, maxBytes: number): PermanentError {
  const limit = Math.round(maxBytes / 1e6)
  return new PermanentError(`the recording has at least ${bytes} bytes; in one piece it may have ${limit} MB`, {
    code: 'provider-rejected',
    remedy: 'Add `- { stage: transcode, use: ffmpeg }` above the stt stage: WAV can be cut into slices.',
  })
}
