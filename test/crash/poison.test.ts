import { expect } from 'chai'
import { freshInstallation } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { freshProcesses } from '../support/processes.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import { makeTraps } from '../support/traps.ts'

describe('a recording that kills whoever works on it', function () {
  this.timeout(40_000)
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    if (given.kind === 'postgres') return
    const installation = freshInstallation(given)
    const processes = freshProcesses()

    it('is given up, visibly, after five workers who finish nothing', async () => {
      const web = await installation.start({
        role: 'web',
        pipeline: pipeline({ transcode: { use: 'passthrough' }, stt: { use: 'deadly' } }),
      })
      const { surroundings } = installation
      const traps = await makeTraps(surroundings.folder)
      const call = await web.placeCall('poison')
      const worker = () =>
        processes.worker(surroundings, { heartbeatMs: 50, leaseMs: 300, pollMs: 50 }, traps.environment)
      // The first finishes what lies before, so that it does not count.
      for (let lives = 6; lives > 0; lives--) expect((await worker().ended).signal).to.equal('SIGKILL')
      await worker().line('the run is settled', ({ event }) => event?.type === 'run-settled')

      expect(await traps.begun(call.callSid)).to.deep.equal({ stt: 6 })
      const view = await web.view(call)
      expect(view.call).to.include({ status: 'failed', error_code: 'worker-crashed' })
      expect(view.run?.stages.find(({ id }) => id === 'stt')?.error?.remedy).to.match(/rerun/)
      const stt = (await web.attempts(view.run?.id ?? '')).filter(({ stage_id }) => stage_id === 'stt')
      expect(stt.map(({ result, error }) => [result, error?.code])).to.deep.equal([
        ...Array.from({ length: 5 }, () => ['lost', 'worker-lost']),
        ['lost', 'worker-crashed'],
      ])
      expect(surroundings.endpoint.of(call.callSid).map(({ event }) => event.type)).to.deep.equal(['call.failed'])
    })
  })
})
