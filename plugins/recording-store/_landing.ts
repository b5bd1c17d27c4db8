import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Files are written here, beside their final places, so that a rename puts them there in one step. */
const INCOMING = '.incoming'
/** Nothing writes to a file for so long without touching it: an attempt's timeout is shorter. */
const ABANDONED_MS = 24 * 3_600_000

/** What has been written to a temporary file, not yet in its place. */
export interface Arrival {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes a stream to a temporary file below `dir`, readable by its owner only, hashed on the way and flushed to disk;
 * `inspect` decides by throwing whether it may stay; then it is moved to the path that `inspect` names, relative to
 * `dir`. Either the whole file is there in the end, durably, or nothing is, whatever throws.
 */
export async function land<T extends { readonly place: string }>(
  dir: string,
  stream: Readable,
  signal: AbortSignal,
  inspect: (arrival: Arrival) => Promise<T>,
): Promise<Arrival & T> {
  const temporary = join(dir, INCOMING, randomUUID())
  try {
    await mkdir(dirname(temporary), { recursive: true, mode: 0o700 })
    const arrival = { path: temporary, ...(await write(stream, temporary, signal)) }
    const inspected = await inspect(arrival)
    signal.throwIfAborted()
    const path = join(dir, inspected.place)
    await moveDurably(temporary, path)
    return { ...arrival, ...inspected, path }
  } finally {
    stream.destroy()
    await rm(temporary, { force: true })
  }
}

/** Removes what attempts that crashed have left behind. */
export async function removeAbandoned(dir: string): Promise<void> {
  const incoming = join(dir, INCOMING)
  const names = await readdir(incoming).catch(() => [])
  for (const name of names) {
    const path = join(incoming, name)
    const touched = await stat(path).then(
      (found) => found.mtimeMs,
      () => undefined,
    )
    if (touched !== undefined && touched < Date.now() - ABANDONED_MS) await rm(path, { force: true })
  }
}

async function write(stream: Readable, path: string, signal: AbortSignal): Promise<Omit<Arrival, 'path'>> {
  const hash = createHash('sha256')
  let bytes = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  // `flush` makes the stream fsync before it closes.
  await pipeline(stream, measure, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }), { signal })
  return { bytes, sha256: hash.digest('hex') }
}

/** A rename is durable once its directory has been flushed too. */
async function moveDurably(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await rename(from, to)
  const directory = await open(dirname(to))
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
