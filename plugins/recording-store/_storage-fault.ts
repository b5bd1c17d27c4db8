import { isDiskFull, RetryableError, systemCode, thrownMessage, UnavailableError } from 'aftercall'

const FORBIDDEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'EEXIST'])

/** What the file system threw, as an error that says what to do; anything else as it is. */
export function storageFault(error: unknown, dir: string): unknown {
  if (isDiskFull(error)) {
    return new RetryableError(`recordings cannot be written below ${dir}: ${thrownMessage(error)}`, {
      code: 'disk-full',
      cause: error,
    })
  }
  if (FORBIDDEN.has(systemCode(error) ?? '')) {
    return new UnavailableError(`recordings cannot be written below ${dir}: ${thrownMessage(error)}`, {
      remedy: `Make ${dir} a folder that this user may write to, or name another one as \`dir\`.`,
      cause: error,
    })
  }
  return error
}
