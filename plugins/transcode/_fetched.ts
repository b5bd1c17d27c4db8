import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Media, PermanentError, type Recording } from 'aftercall'
import { readWavHeader, SNIFF_BYTES, type Sniffed, sniff, type WavHeader, withFileSource } from 'aftercall/audio'

/** A recording in the attempt's working directory, found to be audio. */
export interface FetchedRecording {
  /** Relative to the working directory. */
  readonly file: string
  readonly sniffed: Extract<Sniffed, { kind: 'audio' }>
  /** Undefined where it is no WAV file. */
  readonly header: WavHeader | undefined
}

/**
 * Streams the recording into the working directory and looks at what it really is, whatever was said of it. Throws a
 * PermanentError where it is no audio, is empty, or has more than `maxBytes` bytes.
 */
export async function fetchRecording(
  media: Media,
  recording: Recording,
  workdir: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchedRecording> {
  const file = 'recording'
  const path = join(workdir, file)
  const { stream } = await media.open(recording, undefined, signal)
  await pipeline(stream, atMost(maxBytes), createWriteStream(path, { mode: 0o600 }), { signal })
  return await withFileSource(path, async (source) => {
    if (source.size === 0) throw new PermanentError('the recording has no bytes', { code: 'recording-empty' })
    const sniffed = sniff(await source.read(0, SNIFF_BYTES))
    if (sniffed.kind === 'other') {
      throw new PermanentError(`the recording is no audio: it is ${sniffed.what}`, { code: 'recording-not-audio' })
    }
    const header = sniffed.extension === '.wav' ? await readWavHeader(source) : undefined
    return { file, sniffed, header }
  })
}

/** Lets through so many bytes, and fails at the first one more. */
function atMost(maxBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes <= maxBytes) done(null, chunk)
      else done(tooLarge(maxBytes))
    },
  })
}

function tooLarge(maxBytes: number): PermanentError {
  return new PermanentError(`the recording has more than ${maxBytes} bytes`, {
    remedy: 'If such recordings are meant, raise `maxBytes` of the transcode stage, and rerun the call.',
  })
}
