import type { RetryDefaults } from '../contracts/index.ts'

/** Nobody may put a stage off for longer than this, whatever a Retry-After says. Milliseconds. */
const LONGEST_MS = 24 * 60 * 60_000

/**
 * Milliseconds before the next try of a driver that has spent `spent` tries (at least one): exponential, or by the
 * retry's own schedule, with jitter, so that what failed together does not come back together. Never less than what
 * the other side asked for.
 */
export function retryDelayMs(
  retry: RetryDefaults,
  spent: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const base =
    retry.schedule === undefined
      ? Math.min(retry.delayMs * 2 ** Math.min(spent - 1, 40), retry.maxDelayMs)
      : (retry.schedule[Math.min(spent, retry.schedule.length) - 1] ?? retry.delayMs)
  const jittered = base * (0.8 + 0.4 * random())
  // Jitter after the Retry-After as well: everybody who was turned away got the same one.
  const asked = retryAfterMs === undefined ? 0 : retryAfterMs * (1 + 0.1 * random())
  return Math.round(Math.min(Math.max(jittered, asked), LONGEST_MS))
}
