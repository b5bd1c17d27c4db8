import { type FileHandle, open } from 'node:fs/promises'
import { wavHeader } from '../../audio/index.ts'
import { systemCode } from '../../contracts/index.ts'
import { BYTES_PER_MS, SILENCE } from './mulaw.ts'

const FORMAT = { encoding: 'mulaw', sampleRate: BYTES_PER_MS * 1_000, bitsPerSample: 8, channels: 2 } as const
/** Of each track at a time. */
const BYTES_AT_ONCE = 64 * 1024

/** The bytes of the longer of two tracks; one that there is not has none. */
export async function longerOf(tracks: readonly [string, string]): Promise<number> {
  return withFiles(tracks, async (files) => Math.max(...(await Promise.all(files.map(sizeOf)))))
}

/**
 * Writes two µ-law tracks, the first on the first channel, as a WAV file that is on disk when this resolves. The
 * shorter one is silent to the end. Memory does not grow with their length.
 */
export async function mergeTracks(tracks: readonly [string, string], path: string): Promise<void> {
  await withFiles(tracks, async ([first, second]) => {
    const frames = Math.max(await sizeOf(first), await sizeOf(second))
    const target = await open(path, 'w', 0o600)
    try {
      await target.writeFile(wavHeader(FORMAT, frames * 2))
      for (let position = 0; position < frames; position += BYTES_AT_ONCE) {
        const length = Math.min(BYTES_AT_ONCE, frames - position)
        await target.writeFile(interleave(await read(first, position, length), await read(second, position, length)))
      }
      // A chunk of RIFF has an even length, and two channels of a byte each always have.
      await target.sync()
    } finally {
      await target.close()
    }
  })
}

function interleave(first: Buffer, second: Buffer): Buffer {
  const both = Buffer.allocUnsafe(first.length * 2)
  for (let index = 0; index < first.length; index++) {
    both[index * 2] = first[index] ?? SILENCE
    both[index * 2 + 1] = second[index] ?? SILENCE
  }
  return both
}

/** So many bytes of a track, silence where it has none. */
async function read(file: FileHandle | undefined, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length, SILENCE)
  for (let done = 0; file !== undefined && done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes
}

async function sizeOf(file: FileHandle | undefined): Promise<number> {
  return file === undefined ? 0 : (await file.stat()).size
}

async function withFiles<T>(
  [first, second]: readonly [string, string],
  use: (files: readonly [FileHandle | undefined, FileHandle | undefined]) => Promise<T>,
): Promise<T> {
  const one = await openTrack(first)
  try {
    const other = await openTrack(second)
    try {
      return await use([one, other])
    } finally {
      await other?.close()
    }
  } finally {
    await one?.close()
  }
}

/** A crash may have come before a track had its file. */
async function openTrack(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
