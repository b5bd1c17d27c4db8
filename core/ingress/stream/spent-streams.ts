import { rm } from 'node:fs/promises'
import type { Store } from '../../store/store.ts'

/** Removes the WAV files of streams that are stored elsewhere. `force`, because a crash may have come after the last time. */
export async function removeSpentStreams(store: Pick<Store, 'spentStreams' | 'forgetStreamFile'>): Promise<void> {
  for (const { recordingSid, file } of await store.spentStreams()) {
    await rm(file, { force: true })
    await store.forgetStreamFile(recordingSid)
  }
}
