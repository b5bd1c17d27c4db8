import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  AftercallError,
  type ByteRange,
  type OpenedRecording,
  PermanentError,
  type Recording,
  systemCode,
} from 'aftercall'
import { withFileSource } from 'aftercall/audio'
import type { Landing } from './_landing.ts'
import { type Announcement, type Proof, proveRecording, truncated } from './_proof.ts'

const KEY = /^(AC[0-9a-fA-F]{32}|local)\/RE[0-9a-fA-F]{32}\.[a-z0-9]{2,5}$/

/** A recording in its place, proved. */
export interface KeptRecording {
  /** Below the folder: what the artifact has as its key. */
  readonly place: string
  readonly bytes: number
  readonly sha256: string
  readonly proof: Proof
}

/** A recording on its way in. */
export interface IncomingRecording {
  /** Its SID, checked. */
  readonly sid: string
  readonly stream: Readable
  /** How many bytes are to come, where that is known. */
  readonly bytes: number | null
  readonly announced: Announcement
  /** Where it goes below the folder; the extension is known once its bytes are there. */
  place(extension: string): string
}

/** Puts a recording into its place once it is proved to be audio and complete; otherwise leaves nothing. */
export async function keep(landing: Landing, incoming: IncomingRecording, signal: AbortSignal): Promise<KeptRecording> {
  const { sid, stream, bytes: expected, announced } = incoming
  return await landing.land(sid, stream, signal, async ({ path, bytes }) => {
    if (expected !== null && bytes !== expected) {
      throw truncated(`the recording is cut short: ${bytes} of ${expected} bytes came`, announced.source)
    }
    const proof = await withFileSource(path, (file) => proveRecording(file, announced))
    return { proof, place: incoming.place(proof.extension) }
  })
}

/**
 * A recording that an earlier attempt has stored, read again from end to end; undefined where there is none, or where
 * what is there is not whole: then it is fetched anew, and takes the place of the broken one.
 */
export async function findKept(
  dir: string,
  place: string,
  announced: Announcement,
  signal: AbortSignal,
): Promise<KeptRecording | undefined> {
  const path = join(dir, place)
  try {
    const proof = await withFileSource(path, (source) => proveRecording(source, announced))
    const hash = createHash('sha256')
    let bytes = 0
    await pipeline(
      createReadStream(path),
      async (chunks) => {
        for await (const chunk of chunks) {
          hash.update(chunk)
          bytes += chunk.length
        }
      },
      { signal },
    )
    return { place, bytes, sha256: hash.digest('hex'), proof }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof AftercallError || systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

export async function openKept(
  dir: string,
  recording: Recording,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenedRecording> {
  signal?.throwIfAborted()
  const file = await open(pathOf(dir, recording)).catch((error: unknown) => {
    throw systemCode(error) === 'ENOENT' ? gone(recording) : error
  })
  try {
    const { size } = await file.stat()
    const stream = file.createReadStream({ ...range })
    return { stream: signal === undefined ? stream : addAbortSignal(signal, stream), total: size }
  } catch (error) {
    await file.close()
    throw error
  }
}

export async function eraseKept(dir: string, recording: Recording): Promise<void> {
  await rm(pathOf(dir, recording), { force: true })
}

/** The key comes back from the database; it is checked like anything that becomes a path. */
function pathOf(dir: string, recording: Recording): string {
  if (KEY.test(recording.key)) return join(dir, recording.key)
  throw new PermanentError(`${JSON.stringify(recording.key.slice(0, 80))} is no key of a stored recording`, {
    code: 'recording-not-found',
  })
}

function gone(recording: Recording): PermanentError {
  return new PermanentError(`the recording ${recording.key} is no longer in its folder`, {
    code: 'recording-not-found',
    remedy: 'Restore the file, or rerun the call from recording-store, if Twilio still has it.',
  })
}
