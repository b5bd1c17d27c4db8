import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bufferSource,
  longestSlice,
  planSlices,
  readSlice,
  readWavHeader,
  wavHeader,
  writeSlice,
} from 'aftercall/audio'
import { expect } from 'chai'
import fc from 'fast-check'

const format = { encoding: 'pcm', channels: 1, sampleRate: 1000, bitsPerSample: 16 } as const

/** A recording whose samples count up, so that a slice tells where it was cut. */
function counting(frames: number): Buffer {
  const sound = Buffer.alloc(frames * 2)
  for (let frame = 0; frame < frames; frame++) sound.writeUInt16LE(frame % 65_536, frame * 2)
  return Buffer.concat([wavHeader(format, sound.length), sound])
}

describe('planSlices', () => {
  it('covers the recording without gap or overlap, no slice above the limit', () => {
    const seconds = fc.double({ min: 0.001, max: 50_000, noNaN: true })
    const property = fc.property(seconds, fc.double({ min: 30, max: 1400, noNaN: true }), (duration, limit) => {
      const slices = planSlices(duration, limit)
      expect(slices[0]?.startSec).to.equal(0)
      expect(slices.at(-1)?.endSec).to.equal(duration)
      for (const [index, slice] of slices.entries()) {
        expect(slice.endSec - slice.startSec).to.be.at.most(limit + 1e-6)
        if (index > 0) expect(slice.startSec).to.equal(slices[index - 1]?.endSec)
      }
    })
    fc.assert(property)
  })

  it('gives one slice where the recording fits, and none where there is nothing', () => {
    expect(planSlices(10, 10)).to.deep.equal([{ startSec: 0, endSec: 10 }])
    expect(planSlices(0, 10)).to.deep.equal([])
    expect(() => planSlices(10, 0)).to.throw(RangeError)
  })
})

describe('readSlice and writeSlice', () => {
  it('cut WAV files that together are the recording again', async () => {
    const whole = counting(2500)
    const source = bufferSource(whole)
    const header = await readWavHeader(source)
    const parts = await Promise.all(planSlices(header.durationSec, 0.7).map((s) => readSlice(source, header, s)))
    expect(parts.length).to.equal(4)
    expect(Buffer.concat(parts.map((part) => part.subarray(44)))).to.deep.equal(whole.subarray(44))
    for (const part of parts) expect(await readWavHeader(bufferSource(part))).to.include({ extent: 'complete' })
  })

  it('write into a file what they would read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'aftercall-slice-'))
    try {
      const source = bufferSource(counting(300_000))
      const header = await readWavHeader(source)
      const slice = { startSec: 1.5, endSec: 290.25 }
      await writeSlice(source, header, slice, join(directory, 'slice.wav'))
      expect(await readFile(join(directory, 'slice.wav'))).to.deep.equal(await readSlice(source, header, slice))
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('find nothing beyond the end', async () => {
    const source = bufferSource(counting(1000))
    const header = await readWavHeader(source)
    expect(await readSlice(source, header, { startSec: 5, endSec: 6 })).to.have.length(44)
    expect(await readSlice(source, header, { startSec: 0.5, endSec: 6 })).to.have.length(44 + 1000)
  })

  it('stay within a number of bytes', async () => {
    const source = bufferSource(counting(10_000))
    const header = await readWavHeader(source)
    const seconds = longestSlice(header, 3001)
    expect((await readSlice(source, header, { startSec: 0, endSec: seconds })).length).to.be.within(2999, 3001)
  })
})
