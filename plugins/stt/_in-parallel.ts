import pLimit from 'p-limit'

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
  const turn = pLimit(limit)
  const results = items.map((item) =>
    turn(async () => {
      either.throwIfAborted()
      try {
        return await work(item, either)
      } catch (error) {
        failing.abort(error)
        throw error
      }
    }),
  )
  await Promise.allSettled(results)
  signal.throwIfAborted()
  failing.signal.throwIfAborted()
  return await Promise.all(results)
}
