import { expect } from 'chai'
import fc from 'fast-check'
import { Timeline } from '../../../../core/ingress/stream/timeline.ts'

const LIMITS = { durationMs: 60_000, gapMs: 10_000 }
const BYTES = 160

/** The track that placements make: what was written, and silence elsewhere. */
function written(timeline: Timeline, pieces: readonly { chunk: number; timestampMs: number; audio: Buffer }[]): Buffer {
  const track = Buffer.alloc(LIMITS.durationMs * 8, 0xee)
  for (const piece of pieces) {
    const placement = timeline.place(piece)
    if (placement.kind !== 'write') continue
    track.fill(0xff, placement.from, placement.at)
    piece.audio.copy(track, placement.at)
  }
  return track.subarray(0, timeline.length)
}

const pieceAt = (index: number, jitterMs = 0) => ({
  chunk: index + 1,
  timestampMs: Math.max(0, index * 20 + jitterMs),
  audio: Buffer.alloc(BYTES, index % 200),
})

describe('A timeline', () => {
  it('puts pieces side by side, whatever milliseconds their timestamps are off', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 200 }), (jitters) => {
        const pieces = jitters.map((jitter, index) => pieceAt(index, jitter))
        const track = written(new Timeline(LIMITS), pieces)
        expect(track).to.deep.equal(Buffer.concat(pieces.map(({ audio }) => audio)))
      }),
    )
  })

  it('makes one track of the same pieces, in whatever order and however often they come', () => {
    const some = fc.uniqueArray(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(
        some.chain((indices) =>
          fc.tuple(fc.shuffledSubarray(indices, { minLength: indices.length }), fc.shuffledSubarray(indices)),
        ),
        ([first, again]) => {
          const track = written(
            new Timeline(LIMITS),
            [...first, ...again].map((index) => pieceAt(index)),
          )
          const expected = Buffer.alloc((Math.max(...first) + 1) * BYTES, 0xff)
          for (const index of first) expected.fill(index % 200, index * BYTES, (index + 1) * BYTES)
          expect(track).to.deep.equal(expected)
        },
      ),
    )
  })

  it('never leaves its limits, whatever a message claims', () => {
    const claim = fc.record({
      chunk: fc.maxSafeNat(),
      timestampMs: fc.maxSafeNat(),
      audio: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    })
    fc.assert(
      fc.property(fc.array(claim), (claims) => {
        const timeline = new Timeline(LIMITS)
        for (const piece of claims) {
          const before = timeline.length
          const placement = timeline.place(piece)
          expect(timeline.length).to.be.within(before, LIMITS.durationMs * 8)
          if (placement.kind !== 'write') expect(timeline.length).to.equal(before)
          else expect(placement.at - placement.from).to.be.within(0, LIMITS.gapMs * 8)
        }
      }),
    )
  })

  it('refuses what lies too far ahead, and goes on with what comes on time', () => {
    const timeline = new Timeline(LIMITS)
    expect(timeline.place(pieceAt(501))).to.deep.equal({ kind: 'refused', reason: 'a timestamp lies 10 s ahead' })
    expect(timeline.place(pieceAt(3_000))).to.deep.equal({ kind: 'refused', reason: 'the stream is longer than 60 s' })
    expect(timeline.place(pieceAt(0))).to.deep.equal({ kind: 'write', from: 0, at: 0 })
  })
})
