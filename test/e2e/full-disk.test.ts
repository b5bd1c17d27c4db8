import { join } from 'node:path'
import { expect } from 'chai'
import { sidOf } from '../support/calls.ts'
import { freshInstallation } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { onEachDatabase } from '../support/stores.ts'

describe('a full disk', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    if (given.kind === 'postgres') return
    const installation = freshInstallation(given)

    for (const { where, stage } of [
      { where: 'recordings', stage: 'recording-store' },
      { where: 'runs', stage: 'transcode' },
    ] as const) {
      it(`below ${where} is said clearly, loses nothing, and is recovered from when space is back`, async function () {
        const { dataDir, endpoint } = installation.surroundings
        await using disk = await mountSmallDisk(this, join(dataDir, where), 1)
        const retry = { attempts: 50, delay: '50ms', maxDelay: '100ms' }
        const running = await installation.start({ pipeline: pipeline({ [stage]: { retry } }) })
        await disk.fill()
        const call = await running.placeCall(where)
        await running.event('it is tried again', (event) => event.type === 'stage-retry' && event.stage === stage)
        const full = await running.view(call)
        expect(full.call.status).to.equal('processing')
        const error = full.run?.stages.find(({ id }) => id === stage)?.error
        expect(error?.code).to.equal('disk-full')
        expect(error?.remedy).to.match(/Free space/)

        await disk.free()
        expect((await running.settled(call)).call.status).to.equal('processed')
        expect(endpoint.of(call.callSid).map(({ event }) => event.type)).to.deep.equal(['call.completed'])
      })
    }

    it('below the database: what cannot be stored is not acknowledged, and is taken when it comes again', async function () {
      const { dataDir, endpoint, sendCompleted } = installation.surroundings
      const folder = join(dataDir, 'database')
      await using disk = await mountSmallDisk(this, folder, 4)
      const DATABASE_URL = `sqlite:${join(folder, 'aftercall.db')}`
      const running = await installation.start({ environment: { DATABASE_URL } })
      const call = { callSid: sidOf('CA', 'one'), recordingSid: sidOf('RE', 'one') }
      await disk.fill()
      expect((await sendCompleted(running.url, call)).status).to.equal(503)

      await disk.free()
      await running.placeCall('one')
      expect((await running.settled(call)).call.status).to.equal('processed')
      expect(endpoint.of(call.callSid)).to.have.length(1)
      await running.stop()
    })
  })
})
