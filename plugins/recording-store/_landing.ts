import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Files are written here, beside their final places, so that a rename puts them there in one step. */
const INCOMING = '.incoming'
/** Nothing writes to a file for so long without touching it: a connection that brings nothing is given up sooner. */
const ABANDONED_MS = 3_600_000

/** What has been written to a temporary file, not yet in its place. */
export interface Arrival {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Where recordings arrive, below the folder in which they are kept. */
export class Landing {
  readonly dir: string
  readonly #incoming: string
  /** Names of the files that this process is writing. */
  readonly #live = new Set<string>()

  constructor(dir: string) {
    this.dir = dir
    this.#incoming = join(dir, INCOMING)
  }

  /**
   * Writes a stream to a temporary file, readable by its owner only, hashed on the way and flushed to disk; `inspect`
   * decides by throwing whether it may stay; then it is moved to the path that `inspect` names, relative to `dir`.
   * Either the whole file is there in the end, durably, or nothing is, whatever throws. What a crash has left of the
   * same recording (`sid`) goes: only one worker has its run, so nobody else is writing it.
   */
  async land<T extends { readonly place: string }>(
    sid: string,
    stream: Readable,
    signal: AbortSignal,
    inspect: (arrival: Arrival) => Promise<T>,
  ): Promise<Arrival & T> {
    const name = `${sid}.${randomUUID()}`
    const temporary = join(this.#incoming, name)
    this.#live.add(name)
    try {
      await mkdir(this.#incoming, { recursive: true, mode: 0o700 })
      await this.#remove((other) => other.startsWith(`${sid}.`))
      const arrival = { path: temporary, ...(await write(stream, temporary, signal)) }
      const inspected = await inspect(arrival)
      signal.throwIfAborted()
      const path = join(this.dir, inspected.place)
      await moveDurably(temporary, path)
      return { ...arrival, ...inspected, path }
    } finally {
      stream.destroy()
      await rm(temporary, { force: true })
      this.#live.delete(name)
    }
  }

  /** Removes what crashes have left of recordings that nobody has asked for since. */
  async removeAbandoned(): Promise<void> {
    const before = Date.now() - ABANDONED_MS
    await this.#remove(async (name) => {
      const touched = await stat(join(this.#incoming, name)).then(
        (found) => found.mtimeMs,
        () => undefined,
      )
      return touched !== undefined && touched < before
    })
  }

  async #remove(isAbandoned: (name: string) => boolean | Promise<boolean>): Promise<void> {
    const names = await readdir(this.#incoming).catch(() => [])
    for (const name of names) {
      if (this.#live.has(name) || !(await isAbandoned(name))) continue
      await rm(join(this.#incoming, name), { force: true })
    }
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
