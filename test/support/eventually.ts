import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 10
/** Below mocha's own timeout, so that the message is ours. */
const PATIENCE_MS = 15_000

/**
 * Looks again and again until there is something to see: for what happens in another process and is not announced.
 * Throws with `what` when it never does.
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() > deadline) throw new Error(`it never came to this: ${what}`)
    await pause(LOOK_EVERY_MS)
  }
}
