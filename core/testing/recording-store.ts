import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { TSchema } from 'typebox'
import { type Media, type Recording, recordingStore } from '../contracts/index.ts'
import { driverConformance } from './driver.ts'
import { artifactOf } from './output.ts'
import { type Subject, withDriver } from './subject.ts'

/** What `recording-store` promises: see the prose of the contract. */
export function recordingStoreConformance<Options extends TSchema>(
  subject: Subject<typeof recordingStore, Options>,
): void {
  describe(`${subject.name} keeps the contract of recording-store`, () => {
    driverConformance(subject, recordingStore)

    it('describes the recording as it is', () =>
      withDriver(subject, async ({ driver, attempt }) => {
        const stored = artifactOf(await attempt())
        const bytes = await read(driver, stored)
        assert.match(stored.mediaType, /^audio\//)
        assert.match(stored.extension, /^\.[a-z0-9]+$/)
        assert.equal(URL.canParse(stored.url), true, 'url must be one that a person can open')
        if (stored.bytes !== null) assert.equal(bytes.length, stored.bytes)
        if (stored.sha256 !== null) assert.equal(createHash('sha256').update(bytes).digest('hex'), stored.sha256)
      }))

    it('ends with one recording when it is run twice', () =>
      withDriver(subject, async ({ attempt }) => {
        const first = artifactOf(await attempt())
        const second = artifactOf(await attempt({ attempt: 2 }))
        assert.deepEqual(second, first)
      }))

    it('opens any part of it', () =>
      withDriver(subject, async ({ driver, attempt }) => {
        const stored = artifactOf(await attempt())
        const whole = await read(driver, stored)
        assert.deepEqual(await read(driver, stored, { start: 4, end: 11 }), whole.subarray(4, 12))
        assert.deepEqual(await read(driver, stored, { start: whole.length - 3 }), whole.subarray(-3))
        const { stream, total } = await driver.open(stored, { start: 0, end: 0 })
        assert.equal((await buffer(stream)).length, 1)
        if (total !== null) assert.equal(total, whole.length, 'total is the length of the whole')
      }))

    it('does not open it for a signal that has aborted', () =>
      withDriver(subject, async ({ driver, attempt }) => {
        const stored = artifactOf(await attempt())
        await assert.rejects(driver.open(stored, undefined, AbortSignal.abort(new Error('cancelled by the test'))))
      }))

    it('erases it, and one that is gone already is no error', () =>
      withDriver(subject, async ({ driver, attempt }) => {
        const stored = artifactOf(await attempt())
        await driver.delete(stored)
        await driver.delete(stored)
        await assert.rejects(driver.open(stored))
      }))
  })
}

async function read(media: Media, stored: Recording, range?: { start: number; end?: number }): Promise<Buffer> {
  return await buffer((await media.open(stored, range)).stream)
}
