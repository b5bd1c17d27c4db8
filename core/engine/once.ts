import type { JsonValue } from '../contracts/index.ts'

/** Where parts are kept: the store, for one stage of one run. */
export interface PartStore {
  load(): Promise<ReadonlyMap<string, JsonValue>>
  /** Throws when it cannot keep it; returns false when the run is no longer ours. */
  save(key: string, value: JsonValue): Promise<boolean>
}

/**
 * The `once` of one attempt. Two calls with one key at the same time share the work. When the work fails, nothing is
 * kept and the next call does it anew.
 */
export function onceOf(parts: PartStore, signal: AbortSignal) {
  let loaded: Promise<ReadonlyMap<string, JsonValue>> | undefined
  const inProgress = new Map<string, Promise<JsonValue>>()

  async function begin(key: string, work: () => Promise<JsonValue>): Promise<JsonValue> {
    loaded ??= parts.load()
    const kept = (await loaded).get(key)
    if (kept !== undefined) return kept
    const value = await work()
    signal.throwIfAborted()
    if (!(await parts.save(key, value))) throw new Error('another worker has taken this run over')
    return value
  }

  return async <T extends JsonValue>(key: string, work: () => Promise<T>): Promise<T> => {
    const running = inProgress.get(key) ?? begin(key, work)
    inProgress.set(key, running)
    try {
      // The same key is the same work, so what is kept under it has the type of that work.
      return (await running) as T
    } catch (error) {
      inProgress.delete(key)
      throw error
    }
  }
}
