import { expect } from 'chai'
import { ADMIN_TOKEN, type Api, openApi, SECRETS } from '../../support/api.ts'
import { CALL } from '../../support/calls.ts'
import { freshFolder } from '../../support/folder.ts'
import { send } from '../../support/twilio-request.ts'

const ROUTES = [
  ['GET', '/api/calls'],
  ['HEAD', '/api/calls'],
  ['GET', `/api/calls/${CALL}`],
  ['GET', `/api/calls/${CALL}/audio`],
  ['POST', `/api/calls/${CALL}/rerun`],
  ['POST', `/api/calls/${CALL}/cancel`],
  ['GET', '/api/deliveries'],
  ['POST', '/api/deliveries/x/retry'],
  ['GET', '/api/pipeline'],
  ['GET', '/api/workers'],
] as const

describe('The API', () => {
  const folder = freshFolder()
  let api: Api
  beforeEach(async () => {
    api = await openApi(folder.path)
  })
  afterEach(() => api.close())

  for (const [method, path] of ROUTES) {
    it(`asks for the token at ${method} ${path.replace(CALL, ':callSid')}`, async () => {
      const answer = await send(api.port, path, { method })
      expect(answer.status).to.equal(401)
      expect(answer.headers['www-authenticate']).to.match(/^Bearer/)
      if (method !== 'HEAD') expect(JSON.parse(answer.text)).to.have.nested.property('error.code', 'unauthorized')
    })
  }

  for (const authorization of [
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    `Bearer ${ADMIN_TOKEN}x`,
    `Bearer ${ADMIN_TOKEN.slice(0, -1)}`,
    `Bearer ${ADMIN_TOKEN} x`,
    `Basic ${ADMIN_TOKEN}`,
    ADMIN_TOKEN,
    `Bearer ${'x'.repeat(8_000)}`,
  ]) {
    it(`refuses "${authorization.slice(0, 40)}"`, async () => {
      const answer = await send(api.port, '/api/calls', { method: 'GET', headers: { Authorization: authorization } })
      expect(answer.status).to.equal(401)
    })
  }

  it('is closed where the token is empty', async () => {
    const other = await openApi(folder.path, { adminToken: '' })
    for (const authorization of ['', 'Bearer', 'Bearer ']) {
      const answer = await send(other.port, '/api/calls', { method: 'GET', headers: { Authorization: authorization } })
      expect(answer.status).to.equal(401)
    }
    await other.close()
  })

  for (const path of [
    '/API/calls',
    '/api/Calls',
    '/api/calls/',
    '//api/calls',
    '/api',
    '/%61pi/calls',
    '/api/nothing',
  ]) {
    it(`does not answer at ${path}`, async () => {
      const answer = await api.get(path)
      expect(answer.status).to.equal(404)
      expect(answer.body).to.have.nested.property('error.code', 'not-found')
    })
  }

  it('answers 405 with the methods that there are', async () => {
    const answer = await api.post('/api/calls')
    expect(answer.status).to.equal(405)
    expect(answer.headers.allow).to.equal('HEAD, GET')
    expect(answer.body).to.have.nested.property('error.code', 'method-not-allowed')
  })

  it('says 503 when the database is down', async () => {
    await api.store.close()
    const answer = await api.get('/api/calls')
    expect(answer.status).to.equal(503)
    expect(answer.body).to.have.nested.property('error.code', 'database-unavailable')
  })

  it('says 500 for a fault of its own, with a request id and nothing of the inside', async () => {
    await api.store.database.knex.schema.dropTable('callback')
    await api.store.database.knex.schema.renameTable('call_log', 'elsewhere')
    const answer = await api.get<{ readonly error: { readonly code: string; readonly message: string } }>('/api/calls')
    expect(answer.status).to.equal(500)
    expect(answer.body.error.code).to.equal('internal')
    expect(JSON.stringify(answer.body)).not.to.match(/call_log|select|sqlite/i)
    const requestId = answer.headers['x-request-id']
    expect(answer.body.error.message).to.include(requestId)
    expect(api.lines.find(({ level }) => level === 'error')?.fields).to.include({ requestId })
  })

  it('shows the graph of the pipeline, and no option of any driver', async () => {
    const { status, body } = await api.get<{ readonly stages: readonly { readonly id: string }[] }>('/api/pipeline')
    expect(status).to.equal(200)
    expect(body.stages.map(({ id }) => id)).to.deep.equal(['recording-store', 'stt', 'summarize', 'webhook'])
    expect(body.stages[1]).to.deep.equal({
      id: 'stt',
      stage: 'stt',
      use: 'openai',
      fallback: ['openai'],
      optional: false,
      final: false,
      concurrency: 200,
      timeout_ms: 180_000,
      produces: 'transcript',
      inputs: [{ need: 'required', candidates: [{ artifact: 'recording', from: 'recording-store' }] }],
      depends_on: ['recording-store'],
    })
    for (const secret of [...SECRETS, 'example.com']) expect(JSON.stringify(body)).not.to.include(secret)
  })

  it('shows the workers that are alive', async () => {
    const id = '00000000-0000-4000-8000-000000000001'
    await api.store.heartbeat({ id, host: 'here', pid: 7 })
    const { body } = await api.get<{ readonly workers: readonly object[] }>('/api/workers')
    expect(body.workers).to.have.length(1)
    expect(body.workers[0]).to.include({ id, host: 'here', pid: 7, runs: 0 })
    expect(body.workers[0]).to.have.all.keys('id', 'host', 'pid', 'started_at', 'heartbeat_at', 'runs')
  })
})
