import { expect } from 'chai'
import { freshInstallation, type Refused, type Running } from '../support/installation.ts'
import { pipeline, QUICK_RETRY } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import type { PlacedCall } from '../support/surroundings.ts'

describe('rerun', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const rerun = async (running: Running, { callSid }: PlacedCall, from: { from?: string } = {}): Promise<string> => {
      const { status, body } = await running.post<{ run: { id: string } }>(`/api/calls/${callSid}/rerun`, from)
      expect(status).to.equal(202)
      return body.run.id
    }
    const media = () => installation.surroundings.twilio.requests.filter(({ status }) => status === 200)
    const uploads = () => installation.surroundings.openai.requests.filter(({ route }) => route === 'transcriptions')

    it('from a stage is a new run with a new webhook-id that takes over what lies before', async () => {
      const running = await installation.start()
      const { endpoint } = installation.surroundings
      const call = await running.placeCall('one')
      const first = await running.settled(call)
      const runId = await rerun(running, call, { from: 'summarize' })
      const second = await running.settled(call, runId)

      expect(second.run?.id).to.equal(runId).and.not.equal(first.run?.id)
      expect(second.run?.outcome).to.equal('completed')
      expect(media(), 'the recording is not fetched again').to.have.length(1)
      expect(uploads(), 'nor is it transcribed again').to.have.length(1)
      const redone = (await running.attempts(runId)).map(({ stage_id }) => stage_id)
      expect(redone).to.deep.equal(['summarize', 'webhook'])
      expect(second.artifacts['transcript']).to.deep.equal(first.artifacts['transcript'])
      expect(second.artifacts['fields']).to.deep.equal(first.artifacts['fields'])

      const [one, two, ...more] = endpoint.of(call.callSid)
      expect(more).to.deep.equal([])
      expect(two?.id).to.be.a('string').and.not.equal(one?.id)
      expect(two?.event.data.transcript).to.equal(one?.event.data.transcript)
    })

    it('from a stage whose files are gone makes them again, and fetches nothing', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      await running.settled(call)
      const runId = await rerun(running, call, { from: 'stt' })
      const view = await running.settled(call, runId)

      expect(view.run?.outcome).to.equal('completed')
      expect(media()).to.have.length(1)
      expect(uploads()).to.have.length(2)
      expect((await running.attempts(runId)).map(({ stage_id }) => stage_id)).to.deep.equal([
        'extract',
        'stt',
        'summarize',
        'transcode',
        'webhook',
      ])
    })

    it('of a failed run goes on where it failed, once the cause is repaired', async () => {
      const running = await installation.start({
        pipeline: pipeline({ stt: { use: 'openai', retry: { ...QUICK_RETRY, attempts: 2 } } }),
      })
      const { endpoint, openai } = installation.surroundings
      openai.faults.always('transcriptions', { kind: 'status', status: 500 })
      const call = await running.placeCall('broken provider')
      const failed = await running.settled(call)
      expect(failed.call).to.include({ status: 'failed', error_code: 'provider-unreachable' })
      openai.faults.clear()
      const runId = await rerun(running, call)
      const repaired = await running.settled(call, runId)

      expect(repaired.call).to.include({ status: 'processed', error_code: null, error_message: null })
      expect(media()).to.have.length(1)
      const redone = new Set((await running.attempts(runId)).map(({ stage_id }) => stage_id))
      expect([...redone]).to.not.include('recording-store')
      expect(endpoint.of(call.callSid).map(({ event }) => event.type)).to.deep.equal(['call.failed', 'call.completed'])
      expect(new Set(endpoint.received.map(({ id }) => id)).size).to.equal(2)
    })

    it('of a run that is not over is refused', async () => {
      const running = await installation.start()
      installation.surroundings.openai.faults.next('transcriptions', { kind: 'hang' })
      const call = await running.placeCall('in progress')
      await running.event('stt has started', (event) => event.type === 'stage-started' && event.stage === 'stt')
      const { status, body } = await running.post<Refused>(`/api/calls/${call.callSid}/rerun`, {})
      expect([status, body.error.code]).to.deep.equal([409, 'conflict'])
    })
  })
})
