import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { inParallel } from '../../../plugins/stt/_in-parallel.ts'
import { failureOf } from '../_openai/failure.ts'

describe('inParallel', () => {
  const never = new AbortController().signal

  it('keeps the order of the items and the limit, whatever takes how long', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (turns, limit) => {
        let working = 0
        let most = 0
        const results = await inParallel(turns, limit, never, async (item) => {
          most = Math.max(most, ++working)
          for (let left = item; left > 0; left--) await turn()
          working--
          return item * 2
        })
        expect(results).to.deep.equal(turns.map((item) => item * 2))
        expect(most).to.be.at.most(limit)
      }),
    )
  })

  it('aborts the others when one fails, and fails once all have ended', async () => {
    const ended: number[] = []
    const failure = await failureOf(
      inParallel([0, 1, 2, 3], 2, never, async (item, signal) => {
        if (item === 0) throw new Error('the first fails')
        while (!signal.aborted) await turn()
        ended.push(item)
        signal.throwIfAborted()
      }),
    )
    expect(failure).to.have.property('message', 'the first fails')
    expect(ended).to.deep.equal([1])
  })

  it('stops with the reason of its signal', async () => {
    const controller = new AbortController()
    const reason = new Error('cancelled by the test')
    const work = inParallel([0, 1, 2], 1, controller.signal, async () => {
      await turn()
      controller.abort(reason)
    })
    expect(await failureOf(work)).to.equal(reason)
  })
})
