import type { SyncStanding } from '../store/sync.ts'

/** The time that a sync looks at: from `since` until now. */
export interface SyncWindow {
  readonly since: Date
  /** What the cursor becomes when all of it is known; null where something before it is not. */
  readonly cursor: string | null
}

/**
 * From the cursor on, and somewhat before: clocks differ, and Twilio lists recordings late. A recording is listed
 * under the time when it began, so one that is known to be going on keeps its beginning within the window.
 * `sinceMs` (milliseconds ago) is the wish of a person; the cursor moves only where that leaves no gap.
 */
export function windowOf(
  { now, cursor, oldestUnfinished }: SyncStanding,
  { overlapMs, sinceMs }: { readonly overlapMs: number; readonly sinceMs: number | undefined },
): SyncWindow {
  const end = Date.parse(now)
  if (sinceMs !== undefined) {
    const since = new Date(end - sinceMs)
    return { since, cursor: cursor === null || since.getTime() <= Date.parse(cursor) ? now : null }
  }
  const known = Math.min(Date.parse(cursor ?? now), Date.parse(oldestUnfinished ?? now), end)
  return { since: new Date(known - overlapMs), cursor: now }
}
