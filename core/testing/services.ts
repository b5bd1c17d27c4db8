import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { type Media, type Services, silentLogger, UnavailableError } from '../contracts/index.ts'

const noMedia: Media = {
  async open() {
    throw new UnavailableError('this test gave no recording store: pass services.media')
  },
  async delete() {
    throw new UnavailableError('this test gave no recording store: pass services.media')
  },
}

/** Services for a test: the plain `fetch` (tests talk to loopback), no recordings, no log. */
export function testServices(given: Partial<Services> = {}): Services {
  return { media: noMedia, fetch: (url, init) => fetch(url, init), logger: silentLogger, ...given }
}

/** A recording store for tests of other stages: the `key` of a recording is the path of its file. */
export function fileMedia(): Media {
  return {
    async open(recording, range, signal) {
      signal?.throwIfAborted()
      const { size } = await stat(recording.key)
      return { stream: createReadStream(recording.key, { ...range, ...(signal && { signal }) }), total: size }
    },
    async delete(recording) {
      await rm(recording.key, { force: true })
    },
  }
}
