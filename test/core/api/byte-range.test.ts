import { expect } from 'chai'
import fc from 'fast-check'
import { type RequestedRange, requestedRange } from '../../../core/api/byte-range.ts'

const WHOLE: RequestedRange = { kind: 'whole' }
const OUTSIDE: RequestedRange = { kind: 'outside' }
const part = (start: number, end: number): RequestedRange => ({ kind: 'part', start, end })

describe('requestedRange', () => {
  for (const [header, expected] of [
    ['bytes=0-3', part(0, 3)],
    ['bytes=4-', part(4, 9)],
    ['bytes=9-9', part(9, 9)],
    ['bytes=5-100', part(5, 9)],
    ['bytes=-4', part(6, 9)],
    ['bytes=-100', part(0, 9)],
    ['bytes=10-', OUTSIDE],
    ['bytes=10-12', OUTSIDE],
    ['bytes=-0', OUTSIDE],
    ['bytes=999999999999999-', OUTSIDE],
    ['', WHOLE],
    ['bytes=-', WHOLE],
    ['bytes=3-2', WHOLE],
    ['bytes=0-1,4-5', WHOLE],
    ['lines=0-1', WHOLE],
    ['bytes=a-b', WHOLE],
    ['bytes=1e3-', WHOLE],
    ['bytes=0x1-', WHOLE],
    ['bytes=9999999999999999-', WHOLE],
  ] as const) {
    it(`reads "${header}" of ten bytes`, () => {
      expect(requestedRange(header, 10)).to.deep.equal(expected)
    })
  }

  it('has no part of nothing', () => {
    for (const header of ['bytes=0-', 'bytes=-1', 'bytes=0-0']) expect(requestedRange(header, 0)).to.deep.equal(OUTSIDE)
  })

  it('never leaves the whole, whatever the header', () => {
    const header = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
      fc.nat().map((a) => `bytes=-${a}`),
    )
    fc.assert(
      fc.property(header, fc.nat({ max: 1_000 }), (text, total) => {
        const range = requestedRange(text, total)
        return range.kind !== 'part' || (0 <= range.start && range.start <= range.end && range.end < total)
      }),
    )
  })
})
