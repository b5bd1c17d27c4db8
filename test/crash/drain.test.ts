import { expect } from 'chai'
import { sidOf } from '../support/calls.ts'
import { freshInstallation } from '../support/installation.ts'
import { freshProcesses, type WorkerSettings } from '../support/processes.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import { makeTraps, trappedPipeline } from '../support/traps.ts'

/** Within the usual lease: these tests are over long before, so that nothing can be taken that was not given back. */
const USUAL_LEASE: WorkerSettings = {}

describe('SIGTERM', function () {
  this.timeout(40_000)
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const processes = freshProcesses()
    const drainingWorker = async (graceSec: number) => {
      const web = await installation.start({ role: 'web', pipeline: trappedPipeline() })
      const { surroundings } = installation
      const traps = await makeTraps(surroundings.folder)
      await traps.set(sidOf('CA', 'one'), 'stt', 'before its work')
      const call = await web.placeCall('one')
      const argv = ['start', '--role', 'worker', '--grace', String(graceSec)]
      const worker = processes.aftercall(surroundings, argv, traps.environment)
      await worker.line('stt is caught', ({ msg }) => msg === 'Trapped before its work')
      worker.signal('SIGTERM')
      await worker.line('it drains', ({ msg }) => msg.startsWith('Draining'))
      return { web, surroundings, traps, call, worker }
    }

    it('lets an attempt finish within its grace, starts no other, and gives the run back', async () => {
      const { web, surroundings, traps, call, worker } = await drainingWorker(30)
      await traps.release()
      expect(await worker.ended).to.deep.equal({ code: 0, signal: null })
      const { run } = await web.view(call)
      expect(run?.status).to.equal('queued')
      const statuses = run?.stages.map(({ status }) => status)
      expect(statuses).to.deep.equal(['done', 'done', 'done', 'pending', 'pending', 'pending'])

      const next = processes.worker(surroundings, USUAL_LEASE, traps.environment)
      await next.line('the run is settled', ({ event }) => event?.type === 'run-settled')
      expect(await traps.begun(call.callSid)).to.include({ 'recording-store': 1, transcode: 1, stt: 1 })
    })

    it('aborts an attempt that outlasts its grace, which counts against nobody, and gives the run back', async () => {
      const { web, surroundings, traps, call, worker } = await drainingWorker(0)
      expect(await worker.ended).to.deep.equal({ code: 0, signal: null })
      const { run } = await web.view(call)
      expect(run?.status).to.equal('queued')
      expect(run?.stages.find(({ id }) => id === 'stt')).to.include({ status: 'pending', error: null })

      const next = processes.worker(surroundings, USUAL_LEASE, traps.environment)
      await next.line('the run is settled', ({ event }) => event?.type === 'run-settled')
      const stt = (await web.attempts(run?.id ?? '')).filter(({ stage_id }) => stage_id === 'stt')
      expect(stt.map(({ result }) => result)).to.deep.equal(['aborted', 'done'])
    })
  })
})
