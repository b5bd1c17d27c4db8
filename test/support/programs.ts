import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { skipWithout } from './absent.ts'

const run = promisify(execFile)

/** How each program is asked whether it is there. */
const PROBES = {
  ffmpeg: ['-version'],
  ffprobe: ['-version'],
  flite: ['--version'],
  pocketsphinx_continuous: ['-h'],
  sox: ['--version'],
} as const satisfies Record<string, readonly string[]>

export type Program = keyof typeof PROBES

/** Put into a suite: its tests need these programs in PATH. */
export function needPrograms(...programs: readonly Program[]): void {
  before(async function () {
    for (const program of programs) {
      if (!(await isThere(program))) skipWithout(this, `${program} is not installed`)
    }
  })
}

async function isThere(program: Program): Promise<boolean> {
  try {
    await run(program, PROBES[program], { timeout: 10_000 })
    return true
  } catch (error) {
    // Some of them end with a code of their own after printing their help.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT')
  }
}
