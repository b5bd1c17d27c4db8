import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The files and folders below `<folder>/<name>`, relative to it; none where it does not exist. */
export async function filesBelow(folder: string, name: string): Promise<readonly string[]> {
  try {
    return await readdir(join(folder, name), { recursive: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
