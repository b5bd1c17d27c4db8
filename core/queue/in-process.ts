import type { Queue } from './queue.ts'

/**
 * Wakes up the workers of this process. Those of other processes find their work by looking, every second or so:
 * enough for SQLite, where web and worker are usually one process.
 */
export function inProcessQueue(): Queue {
  const listeners = new Set<() => void>()
  return {
    wake() {
      for (const listener of listeners) setImmediate(listener)
    },
    listen(listener) {
      // A function of its own per call, so that the same listener can listen twice and leave once.
      const entry = () => listener()
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
    async check() {},
    async close() {
      listeners.clear()
    },
  }
}
