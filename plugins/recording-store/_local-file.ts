import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { PermanentError } from 'aftercall'

/** A recording on this machine. Throws a PermanentError where there is no such file; pipes and devices are none. */
export async function openLocal(file: string | null): Promise<{ readonly stream: Readable; readonly bytes: number }> {
  if (file === null) throw absent('the call names no file')
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? absent(`there is no file ${file}`) : error
  })
  if (!found.isFile()) throw absent(`${file} is no file`)
  return { stream: createReadStream(file), bytes: found.size }
}

function absent(message: string): PermanentError {
  return new PermanentError(message, {
    code: 'recording-not-found',
    remedy: 'Check the path of the recording, and that this user may read it.',
  })
}
