/**
 * Wakes workers up, and no more. The database is the truth: every message may be lost, repeated or late without
 * harm, because a worker also looks by itself every few seconds.
 */
export interface Queue {
  /** Says that there is work. Never throws and never waits: what goes wrong here must not fail a callback. */
  wake(): void
  /** Calls `listener` on every wake-up, until the returned function is called. */
  listen(listener: () => void): () => void
  /** Throws when messages cannot flow at present. For readiness and `doctor`. */
  check(): Promise<void>
  close(): Promise<void>
}
