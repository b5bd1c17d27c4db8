import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { systemCode } from '../../contracts/index.ts'
import { type StreamStart, TRACKS, type TrackName } from './message.ts'
import type { TrackFile } from './track.ts'

/** Who writes into a folder, and whose call it is. */
interface Owner {
  readonly accountSid: string | null
  readonly host: string | null
  readonly pid: number | null
}

/** A stream whose audio lies on this disk. */
export interface KeptStream extends Omit<StreamStart, 'accountSid'> {
  /** Null where a crash came before it was written. */
  readonly accountSid: string | null
  /** Absolute path of its folder. */
  readonly path: string
}

/** Opens a file of a track; another way of opening it is for tests. */
export type OpenTrack = (path: string) => Promise<TrackFile>
export const openTrackFile: OpenTrack = (path) => open(path, 'wx', 0o600)

const OWNER = 'stream.json'
const NAME = /^(CA[0-9a-fA-F]{32})\.(MZ[0-9a-fA-F]{32})$/

/**
 * The streams on this disk, below one folder:
 *
 *   <root>/<call>.<stream>/          while it goes on: inbound.ulaw, outbound.ulaw, stream.json
 *   <root>/<recording>.wav           finished, until the recording-store has it
 */
export class StreamFolder {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** A stream of which there may be nothing yet. */
  place({ callSid, streamSid, accountSid }: StreamStart): KeptStream {
    return { callSid, streamSid, accountSid, path: join(this.root, `${callSid}.${streamSid}`) }
  }

  /** Makes the folder of a stream. Throws `EEXIST` where there is one: the stream is being written, or has to be finished. */
  async make({ path, accountSid }: KeptStream): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 })
    await mkdir(path, { mode: 0o700 })
    const owner: Owner = { accountSid, host: hostname(), pid: process.pid }
    await writeFile(join(path, OWNER), JSON.stringify(owner), { mode: 0o600 })
  }

  /** Streams that nobody writes any more: their process is gone, or has not touched them for `abandonedMs`. */
  async abandoned(isOpenHere: (path: string) => boolean, abandonedMs: number): Promise<readonly KeptStream[]> {
    const found: KeptStream[] = []
    for (const name of await this.#names()) {
      const [, callSid, streamSid] = NAME.exec(name) ?? []
      const path = join(this.root, name)
      if (callSid === undefined || streamSid === undefined || isOpenHere(path)) continue
      const owner = await readOwner(path)
      if (isGone(owner) || (await untouchedMs(path)) > abandonedMs) {
        found.push({ callSid, streamSid, accountSid: owner.accountSid, path })
      }
    }
    return found
  }

  /** The place of the finished recording. */
  recordingFile(recordingSid: string): string {
    return join(this.root, `${recordingSid}.wav`)
  }

  async remove({ path }: KeptStream): Promise<void> {
    await rm(path, { recursive: true, force: true })
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.root)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return []
      throw error
    }
  }
}

export function trackFile({ path }: KeptStream, track: TrackName): string {
  return join(path, `${track}.ulaw`)
}

/** The SID of the recording that a stream becomes: always the same, and no other stream's. */
export function recordingSidOf({ streamSid }: Pick<KeptStream, 'streamSid'>): string {
  return `RE${createHash('sha256').update(streamSid).digest('hex').slice(0, 32)}`
}

/** A process of this host that is no more. One of this very number cannot be asked: it is us, or a container's first. */
function isGone({ host, pid }: Owner): boolean {
  if (host !== hostname() || pid === null) return false
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return systemCode(error) === 'ESRCH'
  }
}

async function readOwner(path: string): Promise<Owner> {
  try {
    const owner: unknown = JSON.parse(await readFile(join(path, OWNER), 'utf8'))
    if (typeof owner === 'object' && owner !== null) {
      return {
        accountSid: 'accountSid' in owner && isAccount(owner.accountSid) ? owner.accountSid : null,
        host: 'host' in owner && typeof owner.host === 'string' ? owner.host : null,
        pid: 'pid' in owner && Number.isSafeInteger(owner.pid) ? Number(owner.pid) : null,
      }
    }
  } catch {
    // A crash between the folder and its file: whoever it was, it is told by the age of what is there.
  }
  return { accountSid: null, host: null, pid: null }
}

function isAccount(value: unknown): value is string {
  return typeof value === 'string' && /^AC[0-9a-fA-F]{32}$/.test(value)
}

/** How long ago anything was written into the folder, milliseconds; for ever where it is gone. */
async function untouchedMs(path: string): Promise<number> {
  const touched = await Promise.all(
    [path, ...TRACKS.map((track) => join(path, `${track}.ulaw`))].map((file) =>
      stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  )
  return Date.now() - Math.max(...touched)
}
