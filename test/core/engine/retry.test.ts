import { expect } from 'chai'
import fc from 'fast-check'
import { retryDelayMs } from '../../../core/engine/retry.ts'

const HOUR = 3_600_000
const retry = fc.record({
  attempts: fc.integer({ min: 1, max: 50 }),
  delayMs: fc.integer({ min: 1, max: HOUR }),
  maxDelayMs: fc.integer({ min: 1, max: 48 * HOUR }),
})
const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

describe('the delay before a retry', () => {
  it('doubles up to the greatest', () => {
    const delays = [1, 2, 3, 4, 5].map((spent) =>
      retryDelayMs({ attempts: 9, delayMs: 1_000, maxDelayMs: 5_000 }, spent, undefined, () => 0.5),
    )
    expect(delays).to.deep.equal([1_000, 2_000, 4_000, 5_000, 5_000])
  })

  it('follows a schedule where there is one, the last entry over and over', () => {
    const schedule = [10, 200, 3_000]
    const delays = [1, 2, 3, 4].map((spent) =>
      retryDelayMs({ attempts: 9, delayMs: 1, maxDelayMs: 1, schedule }, spent, undefined, () => 0.5),
    )
    expect(delays).to.deep.equal([10, 200, 3_000, 3_000])
  })

  it('never comes before the other side wants it, up to a day', () => {
    fc.assert(
      fc.property(
        retry,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 100 * HOUR }),
        random,
        (...given) => {
          const [settings, spent, retryAfterMs, drawn] = given
          const delay = retryDelayMs(settings, spent, retryAfterMs, () => drawn)
          expect(delay)
            .to.be.at.least(Math.min(retryAfterMs, 24 * HOUR))
            .and.at.most(24 * HOUR)
        },
      ),
    )
  })

  it('stays within a fifth of what is configured, however many tries there were', () => {
    fc.assert(
      fc.property(retry, fc.integer({ min: 1, max: 5_000 }), random, (settings, spent, drawn) => {
        const delay = retryDelayMs(settings, spent, undefined, () => drawn)
        const wanted = Math.min(settings.delayMs * 2 ** (spent - 1), settings.maxDelayMs)
        expect(delay).to.be.at.least(Math.min(Math.floor(wanted * 0.8), 24 * HOUR))
        expect(delay).to.be.at.most(Math.ceil(wanted * 1.2))
      }),
    )
  })

  it('differs between those that failed together', () => {
    const settings = { attempts: 3, delayMs: 1_000, maxDelayMs: 60_000 }
    expect(retryDelayMs(settings, 1, 30_000, () => 0)).to.not.equal(retryDelayMs(settings, 1, 30_000, () => 0.9))
  })
})
