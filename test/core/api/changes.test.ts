import { expect } from 'chai'
import type { CallView } from '../../../core/api/call-view.ts'
import type { Delivery } from '../../../core/store/deliveries.ts'
import { ADMIN_TOKEN, type Api, openApi } from '../../support/api.ts'
import { CALL, claimOne, recordingCallback, settleRun, sidOf, startRun } from '../../support/calls.ts'
import { freshFolder } from '../../support/folder.ts'
import { send } from '../../support/twilio-request.ts'

describe('What the API changes', () => {
  const folder = freshFolder()
  let api: Api
  beforeEach(async () => {
    api = await openApi(folder.path)
  })
  afterEach(() => api.close())

  describe('POST /api/calls/:callSid/rerun', () => {
    const settled = async () => {
      await api.store.ingestRecording(recordingCallback(), api.plan)
      await settleRun(api.store, await claimOne(api.store))
    }

    it('starts a new run, which takes over what lies before', async () => {
      await settled()
      const answer = await api.post<{ readonly run: { readonly id: string } }>(`/api/calls/${CALL}/rerun`, {
        from: 'summarize',
      })
      expect(answer.status).to.equal(202)
      const { body } = await api.get<CallView>(`/api/calls/${CALL}`)
      expect(body.run).to.include({ id: answer.body.run.id, status: 'queued', outcome: null })
      expect(api.queue.woken()).to.equal(1)
    })

    it('begins anew without a body', async () => {
      await settled()
      expect((await api.post(`/api/calls/${CALL}/rerun`)).status).to.equal(202)
      expect((await api.get<CallView>(`/api/calls/${CALL}`)).body.artifacts).to.deep.equal({})
    })

    it('answers 409 while the run is not over', async () => {
      await api.store.ingestRecording(recordingCallback(), api.plan)
      const answer = await api.post(`/api/calls/${CALL}/rerun`, {})
      expect(answer.status).to.equal(409)
      expect(answer.body).to.have.nested.property('error.code', 'conflict')
    })

    it('answers 404 where there is no such call', async () => {
      expect((await api.post(`/api/calls/${sidOf('CA', 'none')}/rerun`, {})).status).to.equal(404)
    })

    for (const [body, named] of [
      [{ from: 'nothing' }, 'nothing'],
      [{ from: '../stt' }, 'from'],
      [{ from: 7 }, 'from'],
      [{ form: 'stt' }, 'form'],
      [[], 'object'],
      ['null', 'object'],
      ['{"from":', 'JSON'],
      [' ', 'JSON'],
    ] as const) {
      it(`answers 400 to ${JSON.stringify(body)}`, async () => {
        await settled()
        const answer = await api.post(`/api/calls/${CALL}/rerun`, body)
        expect(answer.status).to.equal(400)
        expect(answer.body).to.have.nested.property('error.message').that.includes(named)
      })
    }

    it('answers 413 to a body that is too large, and 415 to one that is not JSON', async () => {
      const headers = { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' }
      const path = `/api/calls/${CALL}/rerun`
      const body = JSON.stringify({ from: 'x'.repeat(16 * 1024) })
      expect((await send(api.port, path, { headers, body })).status).to.equal(413)
      const text = { ...headers, 'Content-Type': 'text/plain' }
      expect((await send(api.port, path, { headers: text, body: '{}' })).status).to.equal(415)
    })
  })

  describe('POST /api/calls/:callSid/cancel', () => {
    it('asks for the run to be cancelled', async () => {
      await api.store.ingestRecording(recordingCallback(), api.plan)
      expect((await api.post(`/api/calls/${CALL}/cancel`)).status).to.equal(202)
      expect((await claimOne(api.store)).cancelRequested).to.be.a('string')
      expect(api.queue.woken()).to.equal(1)
    })

    it('answers 409 when the outcome is decided, and 404 where there is no run', async () => {
      await api.store.ingestRecording(recordingCallback(), api.plan)
      await settleRun(api.store, await claimOne(api.store))
      expect((await api.post(`/api/calls/${CALL}/cancel`)).status).to.equal(409)
      expect((await api.post(`/api/calls/${sidOf('CA', 'none')}/cancel`)).status).to.equal(404)
    })
  })

  describe('Deliveries', () => {
    interface Page {
      readonly deliveries: readonly Delivery[]
      readonly next: string | null
    }
    const fail = { status: 'failed', error: { code: 'webhook-refused', message: '500', remedy: 'look' } } as const

    it('are paged, the latest first, and filtered by status', async () => {
      for (const words of ['a', 'b', 'c']) {
        await startRun(api.store, words)
        await settleRun(api.store, await claimOne(api.store), words === 'b' ? fail : {})
      }
      const first = (await api.get<Page>('/api/deliveries?limit=2')).body
      expect(first.deliveries.map(({ call_sid }) => call_sid)).to.deep.equal([sidOf('CA', 'c'), sidOf('CA', 'b')])
      const second = (await api.get<Page>(`/api/deliveries?limit=2&before=${first.next}`)).body
      expect(second.deliveries.map(({ call_sid }) => call_sid)).to.deep.equal([sidOf('CA', 'a')])
      expect(second.next).to.equal(null)
      const failed = (await api.get<Page>('/api/deliveries?status=failed')).body.deliveries
      expect(failed.map(({ call_sid, error }) => [call_sid, error])).to.deep.equal([[sidOf('CA', 'b'), fail.error]])
    })

    it('that failed are tried again when asked', async () => {
      await startRun(api.store)
      await settleRun(api.store, await claimOne(api.store), fail)
      const [delivery] = (await api.get<Page>('/api/deliveries')).body.deliveries
      expect((await api.post(`/api/deliveries/${delivery?.id}/retry`)).status).to.equal(202)
      expect(api.queue.woken()).to.equal(1)
      const run = await claimOne(api.store)
      expect(run.stages.find(({ id }) => id === 'webhook')?.status).to.equal('waiting')
    })

    it('that are done are not tried again', async () => {
      await startRun(api.store)
      await settleRun(api.store, await claimOne(api.store))
      const [delivery] = (await api.get<Page>('/api/deliveries')).body.deliveries
      const answer = await api.post(`/api/deliveries/${delivery?.id}/retry`)
      expect(answer.status).to.equal(409)
      expect(api.queue.woken()).to.equal(0)
    })

    for (const [id, status] of [
      ['00000000-0000-4000-8000-000000000000.webhook', 404],
      [`${'-'.repeat(36)}.webhook`, 400],
      ['webhook', 400],
      ['..%2f..', 400],
    ] as const) {
      it(`are answered ${status} under the id ${id}`, async () => {
        expect((await api.post(`/api/deliveries/${id}/retry`)).status).to.equal(status)
      })
    }

    it('are not listed before an id that is none', async () => {
      expect((await api.get('/api/deliveries?before=x')).status).to.equal(400)
      expect((await api.get(`/api/deliveries?before=${'-'.repeat(36)}.webhook`)).status).to.equal(400)
    })
  })
})
