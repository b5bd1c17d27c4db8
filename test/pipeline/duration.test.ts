import { expect } from 'chai'
import fc from 'fast-check'
import { parseDuration } from '../../core/pipeline/duration.ts'

describe('parseDuration', () => {
  it('reads milliseconds, seconds, minutes and hours', () => {
    expect(['500ms', '2s', '15m', '24h', '0s'].map(parseDuration)).to.deep.equal([500, 2_000, 900_000, 86_400_000, 0])
  })

  it('refuses anything else', () => {
    for (const text of ['', '5', 's', '1.5s', '-1s', '1 s', '1S', '1d', '1s1s', ' 1s', '1e3s']) {
      expect(parseDuration(text), text).to.equal(undefined)
    }
  })

  it('never gives more than a timer can wait', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.constantFrom('ms', 's', 'm', 'h'), (number, unit) => {
        expect(parseDuration(`${number}${unit}`) ?? 0).to.be.within(0, 2 ** 31 - 1)
      }),
    )
  })
})
