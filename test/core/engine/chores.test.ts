import { expect } from 'chai'
import { Chores } from '../../../core/engine/chores.ts'
import { recordingLogger } from '../../../core/testing/log.ts'

describe('Chores', () => {
  it('are done at once, and again and again, also after they have failed', async () => {
    const { logger, lines } = recordingLogger()
    const thrice = Promise.withResolvers<void>()
    let times = 0
    const run = async () => {
      times++
      if (times === 3) thrice.resolve()
      throw new Error('not today')
    }
    const chores = new Chores([{ name: 'water the plants', everyMs: 1, run }], logger)
    chores.start()
    await thrice.promise
    await chores.stop()
    expect(lines.slice(0, 2).map(({ level, message }) => [level, message])).to.deep.equal([
      ['warn', 'Could not water the plants: not today'],
      ['warn', 'Could not water the plants: not today'],
    ])
  })

  it('do not wait for each other', async () => {
    const { logger } = recordingLogger()
    const done = Promise.withResolvers<void>()
    const slow = Promise.withResolvers<void>()
    const chores = new Chores(
      [
        { name: 'sleep', everyMs: 1, run: () => slow.promise },
        { name: 'work', everyMs: 1, run: async () => done.resolve() },
      ],
      logger,
    )
    chores.start()
    await done.promise
    slow.resolve()
    await chores.stop()
  })

  it('stop by their signal, are waited for, and are not begun again', async () => {
    const { logger, lines } = recordingLogger()
    let times = 0
    const run = (signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        times++
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const chores = new Chores([{ name: 'wait', everyMs: 0, run }], logger)
    chores.start()
    await Promise.all([chores.stop(), chores.stop()])
    expect(times).to.equal(1)
    expect(lines).to.deep.equal([])
  })
})
