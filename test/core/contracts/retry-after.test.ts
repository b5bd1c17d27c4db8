import { expect } from 'chai'
import { retryAfterMs } from '../../../core/contracts/index.ts'

describe('retryAfterMs', () => {
  it('reads seconds, however many', () => {
    expect(retryAfterMs('0')).to.equal(0)
    expect(retryAfterMs(' 120 ')).to.equal(120_000)
    expect(retryAfterMs('0.5')).to.equal(500)
    expect(retryAfterMs('86400')).to.equal(86_400_000)
  })

  it('reads a date, and takes one that has passed for now', () => {
    expect(retryAfterMs(new Date(Date.now() + 60_000).toUTCString())).to.be.within(50_000, 60_000)
    expect(retryAfterMs('Fri, 31 Dec 1999 23:59:59 GMT')).to.equal(0)
  })

  for (const header of [null, undefined, '', 'soon', '-5 minutes', 'NaN', 'Infinity']) {
    it(`asks for nothing with ${JSON.stringify(header)}`, () => expect(retryAfterMs(header)).to.equal(undefined))
  }
})
