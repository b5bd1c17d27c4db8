import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { skipWithout } from './absent.ts'

const run = promisify(execFile)

/** A small file system, unmounted when it is disposed of. */
export interface SmallDisk extends AsyncDisposable {
  /** Takes all the space that is left. */
  fill(): Promise<void>
  /** Gives it back. */
  free(): Promise<void>
}

/** More than any of them has. */
const FILLER_BYTES = 8 << 20

/** Mounts one of so many mebibytes; skips the test where this user may not. */
export async function mountSmallDisk(context: Mocha.Context, folder: string, mebibytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder])
  } catch {
    skipWithout(context, 'this user may not mount a small file system')
  }
  const filler = join(folder, 'filler')
  return {
    async fill() {
      await writeFile(filler, Buffer.alloc(FILLER_BYTES)).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      })
    },
    free: () => rm(filler, { force: true }),
    // Lazily: who works there may still have a file open.
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['--lazy', folder])
    },
  }
}
