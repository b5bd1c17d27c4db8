import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Mounts a file system with room for `bytes` on a folder for as long as `use` runs. `unmountable`: this machine lets
 * only its administrator mount one, so there is nothing to be tested.
 */
export async function onSmallDisk(
  folder: string,
  bytes: number,
  use: () => Promise<void>,
): Promise<'done' | 'unmountable'> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  } catch {
    return 'unmountable'
  }
  try {
    await use()
  } finally {
    await run('umount', [folder])
  }
  return 'done'
}
