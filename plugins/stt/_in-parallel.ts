/**
 * Works on all items, no more than `limit` at a time, and gives the results in the order of the items. When one
 * fails, the signal of the others aborts, and the failure comes out once all of them have ended.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<readonly Result[]> {
  const failing = new AbortController()
  const either = AbortSignal.any([signal, failing.signal])
  const results = new Map<number, Result>()
  // One iterator for all lanes: each takes the next item that nobody has taken.
  const waiting = items.entries()
  const lane = async () => {
    for (const [index, item] of waiting) {
      either.throwIfAborted()
      results.set(index, await work(item, either))
    }
  }
  const lanes = Array.from({ length: Math.min(limit, items.length) }, async () => {
    try {
      await lane()
    } catch (error) {
      failing.abort(error)
      throw error
    }
  })
  await Promise.allSettled(lanes)
  signal.throwIfAborted()
  failing.signal.throwIfAborted()
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
}
