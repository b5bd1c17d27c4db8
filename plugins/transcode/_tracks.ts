import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Audio, type Call, PermanentError, RetryableError } from 'aftercall'
import { readWavHeader, speakerOfChannel, withFileSource } from 'aftercall/audio'
import { SAMPLE_RATE } from './_ffmpeg-input.ts'

/**
 * The artifact of converted files, one per channel. Two channels with the same sound are one: a mono call that was
 * recorded twice, of which nobody can say who speaks. Throws a PermanentError where there is no sound, or too much.
 */
export async function tracksOf(
  call: Call,
  workdir: string,
  files: readonly string[],
  maxDurationSec: number,
  signal: AbortSignal,
): Promise<Audio> {
  const headers = await Promise.all(files.map((file) => withFileSource(join(workdir, file), readWavHeader)))
  // ffmpeg fills the lengths in when it has written everything else.
  if (headers.some(({ extent }) => extent !== 'complete')) throw new RetryableError('the conversion is not complete')
  const durationSec = Math.max(...headers.map((header) => header.durationSec))
  if (durationSec > maxDurationSec) throw tooLong(maxDurationSec)
  const distinct = await withoutTwin(workdir, files, signal)
  const split = distinct.length > 1
  return {
    tracks: distinct.map((file, channel) => ({
      file,
      channel: split ? channel : null,
      speaker: speakerOfChannel(call, channel, distinct.length),
    })),
    mediaType: 'audio/wav',
    sampleRate: SAMPLE_RATE,
    durationSec,
    converted: true,
  }
}

async function withoutTwin(workdir: string, files: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const [first, second, ...others] = files
  if (first === undefined || second === undefined || others.length > 0) return files
  const [one, other] = await Promise.all([first, second].map((file) => digest(join(workdir, file), signal)))
  if (one !== other) return files
  await rm(join(workdir, second))
  return [first]
}

async function digest(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, { signal })
  return hash.digest('hex')
}

function tooLong(maxDurationSec: number): PermanentError {
  return new PermanentError(`the recording is longer than ${maxDurationSec} s`, {
    remedy: 'If such recordings are meant, raise `maxDurationSec` of the transcode stage, and rerun the call.',
  })
}
