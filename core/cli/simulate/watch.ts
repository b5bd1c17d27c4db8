import { setTimeout as sleep } from 'node:timers/promises'
import { stageLines } from '../calls/stages.ts'
import type { CommandIo } from '../io.ts'
import type { CallReader, SeenCall } from './call-reader.ts'

/** Often enough to look live, seldom enough to cost nothing. */
const LOOK_AGAIN_MS = 200

export interface Patience {
  readonly until: (seen: SeenCall) => boolean
  /** How long to wait for the outcome; once it is decided, the time begins anew. */
  readonly timeoutMs: number
}

export interface Clock {
  /** Milliseconds, from whenever. */
  now(): number
  sleep(milliseconds: number): Promise<void>
}

const REAL_CLOCK: Clock = { now: () => performance.now(), sleep: (milliseconds) => sleep(milliseconds) }

/** Follows a call, and says whenever one of its stages has changed. Returns what it saw last. */
export async function watch(
  reader: CallReader,
  callSid: string,
  { until, timeoutMs }: Patience,
  io: CommandIo,
  clock: Clock = REAL_CLOCK,
): Promise<SeenCall | undefined> {
  const shown = new Map<string, string>()
  let isDecided = false
  let deadline = clock.now() + timeoutMs
  for (;;) {
    const seen = await reader.read(callSid)
    if (seen !== undefined) showChanges(seen, shown, io)
    if (seen !== undefined && until(seen)) return seen
    if (!isDecided && (seen?.run?.outcome ?? null) !== null) {
      isDecided = true
      deadline = clock.now() + timeoutMs
    }
    if (clock.now() >= deadline) return seen
    await clock.sleep(LOOK_AGAIN_MS)
  }
}

function showChanges({ run }: SeenCall, shown: Map<string, string>, io: CommandIo): void {
  if (run === null) return
  for (const stage of run.stages) {
    const lines = stageLines([stage], run.stages, io)
    if (stage.status !== 'pending' && shown.get(stage.id) !== lines) io.stderr.write(lines)
    shown.set(stage.id, lines)
  }
}
