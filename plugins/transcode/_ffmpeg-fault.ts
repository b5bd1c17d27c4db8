import { type AftercallError, PermanentError, RetryableError } from 'aftercall'
import { cannotStart, lastWords, noFfmpeg } from './_ffmpeg-input.ts'

/** How a conversion ended: what ffmpeg wrote to stderr, and an error where it did not exit with 0. */
export interface ConversionEnd {
  readonly error: Error | undefined
  readonly stderr: string
}

const NOT_WRITTEN = /No space left on device|Disk quota exceeded|Read-only file system/

/**
 * Why a conversion failed: the machine, the disk, somebody who killed it, or else the recording. Undefined where it
 * did not. ffmpeg (5.1, say) exits with 0 where it could not write the end of its files, and only says so.
 */
export function conversionFault({ error, stderr }: ConversionEnd, ffmpegPath: string): AftercallError | undefined {
  if (NOT_WRITTEN.test(stderr)) {
    return new RetryableError(`ffmpeg could not write: ${lastWords(stderr)}`, { code: 'disk-full', cause: error })
  }
  if (error === undefined) return undefined
  if (cannotStart(error)) return noFfmpeg(ffmpegPath, error)
  if (/exited with code/.test(error.message)) {
    return new PermanentError(`ffmpeg cannot read the recording: ${lastWords(stderr)}`, {
      code: 'recording-not-audio',
      cause: error,
    })
  }
  return new RetryableError(`the conversion broke off: ${error.message}`, { cause: error })
}
