import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline, type StageName } from './pipelines.ts'
import { ledgerFile, type Moment, releaseFile, TRAPS, trapFile } from './plugins/_traps/trap.ts'

export const STAGES: readonly StageName[] = ['recording-store', 'transcode', 'stt', 'summarize', 'extract', 'webhook']

/** The pipeline with traps around every driver. */
export function trappedPipeline(): string {
  return pipeline({
    // Recordings say which driver keeps them, and inside of the trap that is this one.
    'recording-store': { use: 'trapped', fallback: [{ use: 'filesystem' }] },
    // Whoever is caught holds a place, and a small machine has few for converting.
    transcode: { use: 'trapped', concurrency: 100 },
    stt: { use: 'trapped' },
    summarize: { use: 'trapped' },
    extract: { use: 'trapped' },
    webhook: { use: 'trapped' },
  })
}

/** Traps for attempts in worker processes, which get `environment`. */
export interface Traps {
  readonly environment: Readonly<Record<string, string>>
  /** Catches the next attempt of this stage of this call, once. */
  set(callSid: string, stage: StageName, moment: Moment): Promise<void>
  /** Lets those go who are caught. */
  release(): Promise<void>
  /** How often each stage of a call has begun, counted by the drivers themselves. */
  begun(callSid: string): Promise<Readonly<Record<string, number>>>
}

export async function makeTraps(folder: string): Promise<Traps> {
  const traps = join(folder, 'traps')
  await mkdir(traps)
  await writeFile(ledgerFile(traps), '')
  return {
    environment: { [TRAPS]: traps },
    set: (callSid, stage, moment) => writeFile(trapFile(traps, callSid, stage, moment), ''),
    release: () => writeFile(releaseFile(traps), ''),
    async begun(callSid) {
      const counts: Record<string, number> = {}
      for (const line of (await readFile(ledgerFile(traps), 'utf8')).split('\n')) {
        const [sid, stage = ''] = line.split(' ')
        if (sid === callSid) counts[stage] = (counts[stage] ?? 0) + 1
      }
      return counts
    },
  }
}
