import { expect } from 'chai'
import type { Delivery } from '../../core/store/deliveries.ts'
import { sidOf } from '../support/calls.ts'
import { answer } from '../support/endpoint.ts'
import { freshInstallation } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'

describe('the delivery of a webhook', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const webhook = (retry: Readonly<Record<string, unknown>>) => ({
      pipeline: pipeline({
        webhook: { use: 'http', with: { url: '${WEBHOOK_URL}', secret: '${WEBHOOK_SECRET}' }, retry },
      }),
    })

    it('to a dead endpoint waits as a due time, and holds up no other call', async () => {
      // One slot: whoever held it would hold up everybody.
      const running = await installation.start({
        ...webhook({ attempts: 5, delay: '1h', maxDelay: '2h' }),
        worker: { slots: 1 },
      })
      const { endpoint } = installation.surroundings
      const dead = sidOf('CA', 'dead endpoint')
      endpoint.answerWith(({ event }, response) => {
        response.writeHead(event.data.call_sid === dead ? 503 : 200).end()
      })
      const waiting = await running.placeCall('dead endpoint')
      await running.event('the run waits', (event) => event.type === 'run-released' && event.callSid === dead)
      const second = await running.placeCall('live endpoint')
      await running.settled(second)

      expect(endpoint.of(second.callSid)).to.have.length(1)
      expect(endpoint.of(waiting.callSid)).to.have.length(1)
      const { call, run } = await running.view(waiting)
      expect(call.status, 'the outcome is decided all the same').to.equal('processed')
      expect(run).to.include({ status: 'waiting', outcome: 'completed' })
      const stage = run?.stages.find(({ id }) => id === 'webhook')
      expect(stage).to.include({ status: 'waiting', attempts: 1 })
      expect(stage?.error?.code).to.equal('webhook-refused')
      expect(Date.parse(stage?.due_at ?? '')).to.be.greaterThan(Date.now() + 30 * 60_000)
    })

    it('is tried again by hand, under the same id', async () => {
      const running = await installation.start(webhook({ attempts: 5, delay: '1h', maxDelay: '2h' }))
      const { endpoint } = installation.surroundings
      endpoint.answerWith(answer(503))
      const call = await running.placeCall('dead endpoint')
      await running.event('the run waits', (event) => event.type === 'run-released')
      endpoint.answerWith(answer(200))
      const { body } = await running.get<{ deliveries: readonly Delivery[] }>('/api/deliveries?status=waiting')
      expect((await running.post(`/api/deliveries/${body.deliveries[0]?.id}/retry`)).status).to.equal(202)
      const view = await running.settled(call)

      expect(view.run?.stages.at(-1)).to.include({ id: 'webhook', status: 'done', attempts: 2 })
      const [first, second] = endpoint.of(call.callSid)
      expect(second).to.deep.equal(first)
    })

    it('repeats one event under one id until it is taken', async () => {
      const running = await installation.start(webhook({ attempts: 5, delay: '20ms', maxDelay: '50ms' }))
      const { endpoint } = installation.surroundings
      let refusals = 3
      endpoint.answerWith((_received, response) => response.writeHead(refusals-- > 0 ? 500 : 200).end())
      const call = await running.placeCall('slow starter')
      const view = await running.settled(call)

      expect(view.run?.stages.at(-1)).to.include({ status: 'done', attempts: 4 })
      const received = endpoint.of(call.callSid)
      expect(received).to.have.length(4)
      for (const repetition of received) expect(repetition).to.deep.equal(received[0])
    })

    it('that fails for good is kept, and leaves the outcome as it is', async () => {
      const running = await installation.start(webhook({ attempts: 5, delay: '20ms', maxDelay: '50ms' }))
      installation.surroundings.endpoint.answerWith(answer(410))
      const view = await running.settled(await running.placeCall('gone'))

      expect(view.call).to.include({ status: 'processed', error_code: null })
      expect(view.run?.outcome).to.equal('completed')
      expect(view.run?.stages.at(-1)).to.include({ status: 'failed', attempts: 1 })
    })
  })
})
