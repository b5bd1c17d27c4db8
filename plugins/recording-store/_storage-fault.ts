import { isDiskFull, RetryableError, thrownMessage, UnavailableError } from 'aftercall'

const FORBIDDEN: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'EEXIST'])

/** What the file system threw, as an error that says what to do; anything else as it is. */
export function storageFault(error: unknown, dir: string): unknown {
  if (isDiskFull(error)) {
    return new RetryableError(`recordings cannot be written below ${dir}: ${thrownMessage(error)}`, {
      code: 'disk-full',
      cause: error,
    })
  }
  if (error instanceof Error && 'code' in error && FORBIDDEN.has(error.code)) {
    return new UnavailableError(`recordings cannot be written below ${dir}: ${error.message}`, {
      remedy: `Make ${dir} a folder that this user may write to, or name another one as \`dir\`.`,
      cause: error,
    })
  }
  return error
}
