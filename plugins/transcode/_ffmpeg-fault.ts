import { type AftercallError, PermanentError, RetryableError } from 'aftercall'
import { cannotStart, lastWords, noFfmpeg } from './_ffmpeg-input.ts'

/** How a conversion ended. */
export type ConversionEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: Error; readonly stderr: string }

/** Why ffmpeg failed: the machine, the disk, somebody who killed it, or else the recording. */
export function conversionFault(
  { error, stderr }: Extract<ConversionEnd, { kind: 'failed' }>,
  ffmpegPath: string,
): AftercallError {
  if (cannotStart(error)) return noFfmpeg(ffmpegPath, error)
  if (/No space left on device|Disk quota exceeded|Read-only file system/.test(stderr)) {
    return new RetryableError(`ffmpeg could not write: ${lastWords(stderr)}`, { code: 'disk-full', cause: error })
  }
  if (/exited with code/.test(error.message)) {
    return new PermanentError(`ffmpeg cannot read the recording: ${lastWords(stderr)}`, {
      code: 'recording-not-audio',
      cause: error,
    })
  }
  return new RetryableError(`the conversion broke off: ${error.message}`, { cause: error })
}
