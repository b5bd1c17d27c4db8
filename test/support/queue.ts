import type { Queue } from '../../core/queue/queue.ts'

export interface CountingQueue extends Queue {
  /** How often somebody was woken up. */
  readonly woken: () => number
}

/** A queue that nobody listens to; `fault` is what its check throws. */
export function countingQueue(fault?: Error): CountingQueue {
  let woken = 0
  return {
    wake: () => {
      woken += 1
    },
    listen: () => () => {},
    check: async () => {
      if (fault !== undefined) throw fault
    },
    close: async () => {},
    woken: () => woken,
  }
}
