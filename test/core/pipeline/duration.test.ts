import { expect } from 'chai'
import fc from 'fast-check'
import { parseDuration, parsePeriod } from '../../../core/pipeline/duration.ts'

describe('parseDuration', () => {
  it('reads milliseconds, seconds, minutes, hours and days', () => {
    expect(['500ms', '2s', '15m', '24h', '7d', '0s'].map(parseDuration)).to.deep.equal([
      500, 2_000, 900_000, 86_400_000, 604_800_000, 0,
    ])
  })

  it('refuses anything else', () => {
    for (const text of ['', '5', 's', '1.5s', '-1s', '1 s', '1S', '1w', '1s1s', '25d', ' 1s', '1e3s']) {
      expect(parseDuration(text), text).to.equal(undefined)
    }
  })

  it('never gives more than a timer can wait', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 30n }),
        fc.constantFrom('ms', 's', 'm', 'h', 'd'),
        (number, unit) => {
          expect(parseDuration(`${number}${unit}`) ?? 0).to.be.within(0, 2 ** 31 - 1)
        },
      ),
    )
  })
})

describe('parsePeriod', () => {
  it('reads what no timer waits for: up to a hundred years', () => {
    expect(['2s', '90d', '36500d'].map(parsePeriod)).to.deep.equal([2_000, 7_776_000_000, 3_153_600_000_000])
    expect(['36501d', '999999999999d', '90'].map(parsePeriod)).to.deep.equal([undefined, undefined, undefined])
  })
})
