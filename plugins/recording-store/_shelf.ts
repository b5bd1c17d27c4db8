import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AftercallError, type ByteRange, type OpenedRecording, PermanentError, type Recording } from 'aftercall'
import { withFileSource } from 'aftercall/audio'
import { type Announcement, type Proof, proveRecording } from './_proof.ts'

const KEY = /^(AC[0-9a-fA-F]{32}|local)\/RE[0-9a-fA-F]{32}\.[a-z0-9]{2,5}$/

export interface FoundRecording {
  readonly bytes: number
  readonly sha256: string
  readonly proof: Proof
}

/**
 * A recording that an earlier attempt has stored, read again from end to end; undefined where there is none, or where
 * what is there is not whole: then it is fetched anew, and takes the place of the broken one.
 */
export async function findKept(
  path: string,
  announced: Announcement,
  signal: AbortSignal,
): Promise<FoundRecording | undefined> {
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
    return { bytes, sha256: hash.digest('hex'), proof }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof AftercallError || isAbsence(error)) return undefined
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
    throw isAbsence(error) ? gone(recording) : error
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

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
