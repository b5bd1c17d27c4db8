import { expect } from 'chai'
import type { CallView } from '../../../core/api/call-view.ts'
import type { CallPage } from '../../../core/store/calls.ts'
import { type Api, openApi } from '../../support/api.ts'
import {
  CALL,
  checkpoint,
  claimOne,
  RECORDING,
  recordingCallback,
  sidOf,
  stageState,
  statusCallback,
} from '../../support/calls.ts'
import { freshFolder } from '../../support/folder.ts'

describe('GET /api/calls', () => {
  const folder = freshFolder()
  let api: Api
  beforeEach(async () => {
    api = await openApi(folder.path)
  })
  afterEach(() => api.close())

  const addCalls = async (count: number) => {
    for (let number = 0; number < count; number++) {
      await api.store.ingestStatus(statusCallback({ callSid: sidOf('CA', `${number}`), sequenceNumber: number }))
    }
  }

  it('answers the latest calls first, and where to go on', async () => {
    await addCalls(3)
    const first = await api.get<CallPage>('/api/calls?limit=2')
    expect(first.status).to.equal(200)
    expect(first.body.calls.map(({ call_sid }) => call_sid)).to.deep.equal([sidOf('CA', '2'), sidOf('CA', '1')])
    const second = await api.get<CallPage>(`/api/calls?limit=2&cursor=${first.body.next}`)
    expect(second.body.calls.map(({ call_sid }) => call_sid)).to.deep.equal([sidOf('CA', '0')])
    expect(second.body.next).to.equal(null)
  })

  it('answers 50 at most unless asked otherwise', async () => {
    await addCalls(51)
    expect((await api.get<CallPage>('/api/calls')).body.calls).to.have.length(50)
    expect((await api.get<CallPage>('/api/calls?limit=200')).body.calls).to.have.length(51)
  })

  it('searches and filters', async () => {
    await addCalls(1)
    const count = async (query: string) => (await api.get<CallPage>(`/api/calls?${query}`)).body.calls.length
    expect(await count('q=%2B972501234567')).to.equal(1)
    expect(await count('q=100%25')).to.equal(0)
    expect(await count('status=no_recording')).to.equal(1)
    expect(await count('status=processed')).to.equal(0)
  })

  for (const [query, named] of [
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=many', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'more than once'],
    ['cursor=garbage', 'cursor'],
    ['status=done', 'status'],
    [`q=${'x'.repeat(201)}`, 'q'],
    ['stauts=failed', 'stauts'],
    ['__proto__=1', '__proto__'],
  ] as const) {
    it(`refuses ?${query.slice(0, 30)} and says what is wrong`, async () => {
      const { status, body } = await api.get(`/api/calls?${query}`)
      expect(status).to.equal(400)
      expect(body).to.have.nested.property('error.code', 'bad-request')
      expect(body).to.have.nested.property('error.message').that.includes(named)
      expect(body).to.have.nested.property('error.remedy').that.is.a('string')
    })
  }
})

describe('GET /api/calls/:callSid', () => {
  const folder = freshFolder()
  let api: Api
  beforeEach(async () => {
    api = await openApi(folder.path)
  })
  afterEach(() => api.close())

  const view = async (path = `/api/calls/${CALL}`) => (await api.get<CallView>(path)).body

  it('answers call, run and artifacts, and no more', async () => {
    await api.store.ingestRecording(recordingCallback(), api.plan)
    const { call, run, artifacts, ...rest } = await view()
    expect(rest).to.deep.equal({})
    expect(call).to.include({ call_sid: CALL, status: 'recorded' })
    expect(run).to.have.all.keys('id', 'status', 'outcome', 'stages')
    expect(run).to.include({ status: 'queued', outcome: null })
    expect(artifacts).to.deep.equal({})
  })

  it('answers every stage in the order of the pipeline, those included that have not begun', async () => {
    await api.store.ingestRecording(recordingCallback(), api.plan)
    const { hold } = await claimOne(api.store)
    await api.store.commit(checkpoint(hold, { stages: [stageState('recording-store')] }))
    const stages = (await view()).run?.stages ?? []
    expect(stages.map(({ id, stage, use, status }) => [id, stage, use, status])).to.deep.equal([
      ['recording-store', 'recording-store', 'filesystem', 'done'],
      ['stt', 'stt', 'openai', 'pending'],
      ['summarize', 'summarize', 'openai', 'pending'],
      ['webhook', 'webhook', 'http', 'pending'],
    ])
    expect(stages[1]).to.deep.include({ attempts: 0, started_at: null, finished_at: null, error: null })
    expect(stages[0]).to.include.keys('id', 'stage', 'use', 'status', 'attempts', 'started_at', 'finished_at', 'error')
  })

  it('names the driver in force, and the error that it waits for', async () => {
    const error = { code: 'provider-quota', message: 'no money', remedy: 'pay' }
    const plan = { hash: 'with-fallback', spec: { ...api.plan.spec, stages: withFallback(api, 'whisper') } }
    await api.store.ingestRecording(recordingCallback(), plan)
    const { hold } = await claimOne(api.store)
    const waiting = stageState('stt', { status: 'waiting', driver: 1, attempts: 9, error, dueInMs: 60_000 })
    await api.store.commit(checkpoint(hold, { stages: [waiting] }))
    const stt = (await view()).run?.stages.find(({ id }) => id === 'stt')
    expect(stt).to.deep.include({ use: 'whisper', status: 'waiting', attempts: 9, error })
    expect(stt?.due_at).to.be.a('string')
  })

  it('answers, of several artifacts of one name, that of the last stage', async () => {
    const stages = ['stt', 'redact', 'again'].map((id) => ({ id, stage: id, use: 'x', with: {}, fallback: [] }))
    await api.store.ingestRecording(recordingCallback(), {
      hash: 'redacted',
      spec: { version: 1, plugins: [], stages },
    })
    const { hold } = await claimOne(api.store)
    const artifacts = ['again', 'stt', 'redact'].map((stage) => ({ stage, name: 'transcript', value: { by: stage } }))
    await api.store.commit(checkpoint(hold, { artifacts: artifacts.filter(({ stage }) => stage !== 'again') }))
    expect((await view()).artifacts).to.deep.equal({ transcript: { by: 'redact' } })
  })

  it('answers a call that has no run', async () => {
    await api.store.ingestStatus(statusCallback())
    const { run, artifacts } = await view()
    expect({ run, artifacts }).to.deep.equal({ run: null, artifacts: {} })
  })

  it('answers the run over another recording of the call', async () => {
    const other = sidOf('RE', 'other')
    await api.store.ingestRecording(recordingCallback(), api.plan)
    await api.store.ingestRecording(
      recordingCallback({ recordingSid: other, startedAt: '2026-11-22T08:00:00.000Z' }),
      api.plan,
    )
    const shown = (await view()).run?.id
    expect((await view(`/api/calls/${CALL}?recording=${RECORDING}`)).run?.id).to.equal(shown)
    expect((await view(`/api/calls/${CALL}?recording=${other}`)).run?.id)
      .to.be.a('string')
      .that.does.not.equal(shown)
  })

  it('does not fail on a run whose pipeline another version has kept', async () => {
    await api.store.ingestRecording(recordingCallback(), { hash: 'odd', spec: { version: 9, steps: [] } })
    expect((await view()).run?.stages).to.deep.equal([])
  })

  for (const [path, status] of [
    [`/api/calls/${sidOf('CA', 'unknown')}`, 404],
    ['/api/calls/CA12', 400],
    [`/api/calls/${CALL}%0a`, 400],
    ['/api/calls/..%2f..%2fetc', 400],
    ['/api/calls/%E0%A4%A', 400],
    [`/api/calls/${CALL}?recording=RE12`, 400],
    [`/api/calls/${CALL}?recording=${RECORDING}&recording=${RECORDING}`, 400],
  ] as const) {
    it(`answers ${status} to ${path}`, async () => {
      const answer = await api.get(path)
      expect(answer.status).to.equal(status)
      expect(answer.body).to.have.nested.property('error.code', status === 404 ? 'not-found' : 'bad-request')
    })
  }

  it('answers 404 for a recording that is none of this call', async () => {
    await api.store.ingestRecording(recordingCallback(), api.plan)
    expect((await api.get(`/api/calls/${CALL}?recording=${sidOf('RE', 'stranger')}`)).status).to.equal(404)
  })
})

function withFallback({ plan }: Api, use: string) {
  return plan.spec.stages.map((stage) => (stage.id === 'stt' ? { ...stage, fallback: [{ use, with: {} }] } : stage))
}
