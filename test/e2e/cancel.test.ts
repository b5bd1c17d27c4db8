import { expect } from 'chai'
import { filesBelow } from '../support/files.ts'
import { freshInstallation, type Refused, type Running } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import type { PlacedCall } from '../support/surroundings.ts'

describe('cancel', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const cancel = async (running: Running, { callSid }: PlacedCall) => {
      expect((await running.post(`/api/calls/${callSid}/cancel`)).status).to.equal(202)
    }

    it('stops the attempt that is under way, delivers nothing, and leaves no files', async () => {
      const running = await installation.start({ worker: { heartbeatMs: 50 } })
      const { endpoint, openai, dataDir } = installation.surroundings
      openai.faults.next('transcriptions', { kind: 'hang' })
      const call = await running.placeCall('unwanted')
      await running.event('stt has started', (event) => event.type === 'stage-started' && event.stage === 'stt')
      await cancel(running, call)
      const view = await running.settled(call)

      expect(view.call.status).to.equal('cancelled')
      expect(view.run?.outcome).to.equal('cancelled')
      expect(view.run?.stages.map(({ id, status }) => [id, status])).to.deep.equal([
        ['recording-store', 'done'],
        ['transcode', 'done'],
        ['stt', 'skipped'],
        ['summarize', 'skipped'],
        ['extract', 'skipped'],
        ['webhook', 'skipped'],
      ])
      const attempts = await running.attempts(view.run?.id ?? '')
      expect(attempts.find(({ stage_id }) => stage_id === 'stt')?.result).to.equal('aborted')
      expect(endpoint.received).to.deep.equal([])
      expect(await filesBelow(dataDir, 'runs')).to.deep.equal([])
    })

    it('reaches a run that waits for a retry at once, however far off that is', async () => {
      const running = await installation.start({
        pipeline: pipeline({ stt: { use: 'openai', retry: { attempts: 3, delay: '1h', maxDelay: '2h' } } }),
      })
      installation.surroundings.openai.faults.next('transcriptions', { kind: 'status', status: 500 })
      const call = await running.placeCall('waiting')
      await running.event('the run waits', (event) => event.type === 'run-released')
      expect((await running.view(call)).run?.status).to.equal('waiting')
      await cancel(running, call)
      expect((await running.settled(call)).call.status).to.equal('cancelled')
    })

    it('of a run that is decided is refused', async () => {
      const running = await installation.start()
      const call = await running.placeCall('over')
      await running.settled(call)
      const { status, body } = await running.post<Refused>(`/api/calls/${call.callSid}/cancel`)
      expect([status, body.error.code]).to.deep.equal([409, 'conflict'])
    })
  })
})
