import { expect } from 'chai'
import { answer } from '../support/endpoint.ts'
import { freshInstallation } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'

describe('a pipeline that changes while a run waits', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)

    it('does not change the run: it goes on with the plan that it began with', async () => {
      const { openai, endpoint } = installation.surroundings
      const before = await installation.start({
        pipeline: pipeline({ stt: { retry: { attempts: 3, delay: '500ms', maxDelay: '1s' } } }),
      })
      openai.faults.next('transcriptions', { kind: 'status', status: 503 })
      const call = await before.placeCall('begun before')
      await before.event('the run waits', (event) => event.type === 'run-released')
      await before.stop()

      const changed = pipeline({
        stt: { with: { model: 'gpt-4o-transcribe' } },
        extract: { use: 'vocabulary', with: { fields: { city: { vocabulary: ['Tel Aviv'] } } } },
      })
      const after = await installation.start({ pipeline: changed })
      const view = await after.settled(call)
      expect(view.run?.outcome).to.equal('completed')
      expect(view.run?.stages.find(({ id }) => id === 'extract')?.use).to.equal('openai')
      const models = openai.requests.flatMap((seen) => (seen.route === 'transcriptions' ? [seen.upload.model] : []))
      expect(models).to.deep.equal(['gpt-transcribe', 'gpt-transcribe'])

      const later = await after.placeCall('begun after')
      expect((await after.settled(later)).run?.stages.find(({ id }) => id === 'extract')?.use).to.equal('vocabulary')
      expect(endpoint.received).to.have.length(2)
    })

    it('by a stage that is taken out: what waits is delivered all the same', async () => {
      const before = await installation.start({
        pipeline: pipeline({ webhook: { retry: { attempts: 5, delay: '500ms', maxDelay: '1s' } } }),
      })
      const { endpoint } = installation.surroundings
      endpoint.answerWith(answer(503))
      const call = await before.placeCall('begun before')
      await before.event('the run waits', (event) => event.type === 'run-released')
      await before.stop()
      endpoint.answerWith(answer(200))

      const { stages, ...rest } = JSON.parse(pipeline())
      const withoutWebhook = stages.filter(({ stage }: { readonly stage: string }) => stage !== 'webhook')
      const after = await installation.start({ pipeline: JSON.stringify({ ...rest, stages: withoutWebhook }) })
      const view = await after.settled(call)
      expect(view.run?.stages.at(-1)).to.include({ id: 'webhook', status: 'done' })
      expect(new Set(endpoint.of(call.callSid).map(({ id }) => id)).size).to.equal(1)
    })
  })
})
