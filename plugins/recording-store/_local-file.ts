import { constants, createReadStream } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { PermanentError } from 'aftercall'

/**
 * A recording on this machine. Throws a PermanentError where there is no such file, or none that may be read; pipes
 * and devices are none.
 */
export async function openLocal(file: string | null): Promise<{ readonly stream: Readable; readonly bytes: number }> {
  if (file === null) throw absent('the call names no file')
  try {
    const found = await stat(file)
    if (!found.isFile()) throw absent(`${file} is no file`)
    await access(file, constants.R_OK)
    return { stream: createReadStream(file), bytes: found.size }
  } catch (error) {
    throw error instanceof Error && 'syscall' in error
      ? absent(`the recording cannot be read: ${error.message}`)
      : error
  }
}

function absent(message: string): PermanentError {
  return new PermanentError(message, {
    code: 'recording-not-found',
    remedy: 'Check the path of the recording, and that this user may read it.',
  })
}
