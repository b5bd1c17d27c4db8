import { access, constants, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '../../contracts/system-code.ts'
import { type Finding, fail, failed, ok, warn } from './finding.ts'

const MIB = 1024 ** 2
/** An hour of dual recordings is about 230 MiB, and transcoding needs as much again. */
const SCARCE = 1024 * MIB
const TOO_LITTLE = 100 * MIB

/** Whether recordings can be written below `dataDir`, which the first start makes, and how much room there is. */
export async function checkDisk(dataDir: string): Promise<Finding> {
  try {
    const folder = await nearestFolder(dataDir)
    await access(folder, constants.W_OK)
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const message = `${Math.floor(free / MIB).toLocaleString('en')} MiB free at ${dataDir}`
    const remedy = 'Free space there, or set DATA_DIR to a larger disk.'
    if (free < TOO_LITTLE) return fail('disk', message, remedy)
    return free < SCARCE ? warn('disk', message, remedy) : ok('disk', message)
  } catch (error) {
    return failed('disk', error, 'Make DATA_DIR a folder that this user may write to.')
  }
}

async function nearestFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    return nearestFolder(dirname(path))
  }
  throw new Error(`${path} is no folder`)
}
