import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface FreshFolder {
  /** Absolute; only inside of tests and hooks. */
  readonly path: string
}

/** Put into a suite: each of its tests has an empty folder of its own, removed afterwards. */
export function freshFolder(): FreshFolder {
  const folder = { path: '' }
  beforeEach(async () => {
    folder.path = await realpath(await mkdtemp(join(tmpdir(), 'aftercall-test-')))
  })
  afterEach(async () => {
    await rm(folder.path, { recursive: true, force: true })
  })
  return folder
}
