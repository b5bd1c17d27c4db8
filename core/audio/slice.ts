import { open } from 'node:fs/promises'
import type { ByteSource } from './byte-source.ts'
import { frameBytes } from './wav-format.ts'
import type { WavHeader } from './wav-reader.ts'
import { wavHeader } from './wav-writer.ts'

/** A piece of a recording, in seconds from its beginning; `endSec` is not part of it. */
export interface Slice {
  readonly startSec: number
  readonly endSec: number
}

const BYTES_AT_ONCE = 1 << 18

/** Cuts a recording into equal pieces, none longer than `maxSec`. A length of 0 gives none. */
export function planSlices(durationSec: number, maxSec: number): readonly Slice[] {
  if (!(maxSec > 0)) throw new RangeError('a slice must have a length')
  const count = Math.ceil(durationSec / maxSec)
  return Array.from({ length: count }, (_, index) => ({
    startSec: (index / count) * durationSec,
    endSec: ((index + 1) / count) * durationSec,
  }))
}

/** The longest slice, in seconds, whose file stays within `maxBytes`. */
export function longestSlice(header: WavHeader, maxBytes: number): number {
  const room = maxBytes - wavHeader(header, 0).length
  return Math.max(0, Math.floor(room / frameBytes(header))) / header.sampleRate
}

/**
 * A slice as a WAV file of its own, in memory: keep slices to what may be held there. Beyond the end of the recording
 * there is nothing. Throws RangeError for an encoding that cannot be cut here.
 */
export async function readSlice(source: ByteSource, header: WavHeader, slice: Slice): Promise<Buffer> {
  const { start, bytes } = rangeOf(header, slice)
  const sound = await source.read(start, bytes)
  return Buffer.concat([wavHeader(header, sound.length), sound])
}

/** Writes a slice as a WAV file (which must not exist yet), a piece at a time. */
export async function writeSlice(
  source: ByteSource,
  header: WavHeader,
  slice: Slice,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const { start, bytes } = rangeOf(header, slice)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.write(wavHeader(header, bytes))
    for (let done = 0; done < bytes; done += BYTES_AT_ONCE) {
      signal?.throwIfAborted()
      await file.write(await source.read(start + done, Math.min(BYTES_AT_ONCE, bytes - done)))
    }
  } finally {
    await file.close()
  }
}

function rangeOf(header: WavHeader, slice: Slice): { readonly start: number; readonly bytes: number } {
  if (header.encoding === 'other') throw new RangeError('a recording of this encoding cannot be cut')
  const frame = frameBytes(header)
  const frames = header.dataBytes / frame
  const frameAt = (seconds: number) => Math.max(0, Math.min(frames, Math.round(seconds * header.sampleRate)))
  const first = frameAt(slice.startSec)
  return { start: header.dataStart + first * frame, bytes: Math.max(0, frameAt(slice.endSec) - first) * frame }
}
