import { expect } from 'chai'
import OpenAI, { APIConnectionError, APIError, APIUserAbortError, toFile } from 'openai'
import type { ResponseFormatJSONSchema } from 'openai/resources/shared'
import { type OpenAiSandbox, scriptTranscripts, startOpenAiSandbox } from '../../../sandbox/openai/index.ts'
import { wav } from '../../plugins/_openai/wav.ts'

describe('the pretend OpenAI', () => {
  let sandbox: OpenAiSandbox
  let client: OpenAI

  beforeEach(async () => {
    sandbox = await startOpenAiSandbox({ apiKey: 'sk-right-0000' })
    client = new OpenAI({ apiKey: 'sk-right-0000', baseURL: sandbox.url, maxRetries: 0 })
  })
  afterEach(() => sandbox.close())

  const upload = (seconds = 1) => toFile(wav(seconds), 'customer-1.wav')
  const transcribe = async (model: string, more: object = {}) =>
    client.audio.transcriptions.create({ model, file: await upload(), response_format: 'json', ...more })

  describe('transcriptions', () => {
    it('answers gpt-transcribe with text, languages and the seconds used', async () => {
      const answer = await transcribe('gpt-transcribe', { languages: ['he'], keywords: ['Haifa'] })
      expect(answer.text).to.contain('plumber in Tel Aviv')
      expect(answer.languages).to.deep.equal([{ code: 'he' }])
      expect(answer.usage).to.deep.equal({ type: 'duration', seconds: 1 })
      const [seen] = sandbox.requests
      expect(seen).to.deep.include({ route: 'transcriptions' })
      expect(seen?.route === 'transcriptions' && seen.upload).to.deep.include({
        fileName: 'customer-1.wav',
        languages: ['he'],
        keywords: ['Haifa'],
        seconds: 1,
      })
    })

    it('answers the 4o models with tokens and no languages', async () => {
      const answer = await transcribe('gpt-4o-transcribe', { language: 'en' })
      expect(answer.usage?.type).to.equal('tokens')
      expect(answer).to.not.have.property('languages')
    })

    it('says what its script says, by the speaker that the file is named after', async () => {
      const turns = [
        { speaker: 'agent', text: 'Good morning.' },
        { speaker: 'customer', text: 'I need help.' },
        { speaker: 'agent', text: 'Where?' },
      ]
      const hear = scriptTranscripts(turns)
      const about = { bytes: 1, seconds: 1, model: 'm', prompt: null, languages: [], keywords: [] }
      expect(hear({ ...about, fileName: 'agent-1.wav' })).to.equal('Good morning. Where?')
      expect(hear({ ...about, fileName: 'agent-2.wav' })).to.equal('')
      expect(hear({ ...about, fileName: 'unknown-1.wav' })).to.equal('Good morning. I need help. Where?')
    })

    it('refuses a model that it does not know', async () => {
      const error = await refusal(transcribe('gpt-9-hearing'))
      expect(error.status).to.equal(404)
      expect(error.code).to.equal('model_not_found')
    })

    it('refuses a file name without a known extension', async () => {
      const file = await toFile(wav(1), 'recording')
      const error = await refusal(client.audio.transcriptions.create({ model: 'gpt-transcribe', file }))
      expect(error.status).to.equal(400)
      expect(error.message).to.contain('Supported formats')
    })

    it('refuses more than 1400 seconds for the 4o models, and takes them for gpt-transcribe', async () => {
      const file = await toFile(wav(1_401, 4_000, 0), 'customer-1.wav')
      const error = await refusal(client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file }))
      expect(error.message).to.contain('longer than 1400 seconds')
      await client.audio.transcriptions.create({ model: 'gpt-transcribe', file })
    })

    it('refuses more than 25 MB with 413', async () => {
      const file = await toFile(Buffer.alloc(25 * 1024 * 1024 + 1), 'long.wav')
      const error = await refusal(client.audio.transcriptions.create({ model: 'gpt-transcribe', file }))
      expect(error.status).to.equal(413)
    })

    it('refuses the parameters of the other kind of model', async () => {
      expect((await refusal(transcribe('gpt-transcribe', { language: 'en' }))).code).to.equal('unsupported_parameter')
      expect((await refusal(transcribe('whisper-1', { keywords: ['x'] }))).code).to.equal('unsupported_parameter')
    })
  })

  describe('chat completions', () => {
    const city = {
      type: 'object',
      properties: {
        value: { anyOf: [{ type: 'string', enum: ['Haifa', 'Tel Aviv'] }, { type: 'null' }] },
        evidence: { type: ['string', 'null'] },
      },
      required: ['value', 'evidence'],
      additionalProperties: false,
    }
    const root = (properties: Record<string, unknown>) => ({
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    })
    const ask = (schema: Record<string, unknown>, content: string) => {
      const response_format: ResponseFormatJSONSchema = {
        type: 'json_schema',
        json_schema: { name: 'fields', strict: true, schema },
      }
      const messages = [{ role: 'user' as const, content }]
      return client.chat.completions.create({ model: 'gpt-6-luna', messages, response_format })
    }

    it('fits its answer to the schema, with what it finds in the transcript', async () => {
      const answer = await ask(root({ city }), 'Agent: Where? Customer: In tel aviv, please.')
      expect(JSON.parse(answer.choices[0]?.message.content ?? '')).to.deep.equal({
        city: { value: 'Tel Aviv', evidence: 'In tel aviv, please' },
      })
      expect(answer.usage?.total_tokens).to.be.greaterThan(0)
    })

    it('answers null for what it does not find', async () => {
      const answer = await ask(root({ city }), 'Customer: Good morning.')
      expect(JSON.parse(answer.choices[0]?.message.content ?? '')).to.deep.equal({
        city: { value: null, evidence: null },
      })
    })

    it('summarises by the first sentences where no schema is given', async () => {
      const messages = [{ role: 'user' as const, content: 'Agent: Hello.\nCustomer: One. Two.\nAgent: Three.' }]
      const answer = await client.chat.completions.create({ model: 'gpt-6-luna', messages })
      expect(answer.choices[0]?.message.content).to.equal('Hello. One. Two.')
    })

    const faulty: ReadonlyArray<[string, Record<string, unknown>]> = [
      ['an optional key', { ...root({ city }), required: [] }],
      ['further keys', { ...root({ city }), additionalProperties: true }],
      ['no object at the root', { type: 'array', items: { type: 'string' } }],
      [
        'more than 1,000 enum values',
        root({ a: { type: 'string', enum: Array.from({ length: 1_001 }, (_, i) => `v${i}`) } }),
      ],
      ['oneOf', root({ a: { oneOf: [{ type: 'string' }] } })],
      ['a property without a type', root({ a: { description: 'anything' } })],
      ['a fault deep inside', root({ a: { type: 'array', items: { type: 'object', properties: {} } } })],
    ]
    for (const [name, schema] of faulty) {
      it(`refuses a strict schema with ${name}`, async () => {
        const error = await refusal(ask(schema, 'x'))
        expect(error.status).to.equal(400)
        expect(error.param).to.equal('response_format')
      })
    }

    it('refuses reasoning_effort for a model that does not reason', async () => {
      const messages = [{ role: 'user' as const, content: 'x' }]
      const request = { model: 'gpt-4o-mini', messages, reasoning_effort: 'none' as const }
      expect((await refusal(client.chat.completions.create(request))).status).to.equal(400)
    })

    it('refuses, stops short or answers no JSON when told to', async () => {
      sandbox.faults.next('chat', { kind: 'refusal' })
      sandbox.faults.next('chat', { kind: 'length' })
      sandbox.faults.next('chat', { kind: 'invalid-json' })
      sandbox.faults.next('chat', { kind: 'text', text: '{"city":null}' })
      const choice = async () => (await ask(root({ city }), 'Haifa')).choices[0]
      expect((await choice())?.message.refusal).to.be.a('string')
      expect((await choice())?.finish_reason).to.equal('length')
      expect((await choice())?.message.content).to.match(/^Sure!/)
      expect((await choice())?.message.content).to.equal('{"city":null}')
    })
  })

  it('lists its models with their shutdown dates', async () => {
    const dates = new Map<string, string | null | undefined>()
    for await (const model of client.models.list()) dates.set(model.id, model.shutdown_date)
    expect(dates.get('gpt-transcribe')).to.equal(null)
    expect(dates.get('gpt-4o-transcribe')).to.equal('2027-02-26')
  })

  it('refuses a wrong key and no key with 401', async () => {
    const wrong = new OpenAI({ apiKey: 'sk-wrong-1234', baseURL: sandbox.url, maxRetries: 0 })
    const error = await refusal(wrong.models.list())
    expect(error.status).to.equal(401)
    expect(error.code).to.equal('invalid_api_key')
    expect(error.message).to.not.contain('sk-wrong-1234')
    expect((await fetch(`${sandbox.url}/models`)).status).to.equal(401)
  })

  for (const [route, type, body] of [
    ['chat/completions', 'application/json', '{"model":'],
    ['chat/completions', 'application/json', '[]'],
    ['chat/completions', 'application/json', '{"model":"gpt-6-luna","messages":[{"role":"user","content":7}]}'],
    ['audio/transcriptions', 'application/json', '{}'],
    ['audio/transcriptions', 'multipart/form-data; boundary=x', 'no form'],
    ['audio/transcriptions', 'multipart/form-data; boundary=x', '--x--\r\n'],
  ] as const) {
    it(`refuses ${JSON.stringify(body)} for ${route} as ${type}`, async () => {
      const headers = { authorization: 'Bearer sk-right-0000', 'content-type': type }
      const answer = await fetch(`${sandbox.url}/${route}`, { method: 'POST', headers, body })
      expect(answer.status).to.equal(400)
      expect(await answer.json()).to.have.nested.property('error.type', 'invalid_request_error')
    })
  }

  it('answers an unknown route as a JSON error', async () => {
    const answer = await fetch(`${sandbox.url}/nothing`, { headers: { authorization: 'Bearer sk-right-0000' } })
    expect(answer.status).to.equal(404)
    expect(await answer.json()).to.have.nested.property('error.message')
  })

  describe('faults', () => {
    it('answers a status with its Retry-After, once, then well again', async () => {
      sandbox.faults.next('models', { kind: 'status', status: 429, retryAfter: '90' })
      const error = await refusal(client.models.list())
      expect(error.status).to.equal(429)
      expect(error.headers?.get('retry-after')).to.equal('90')
      await client.models.list()
    })

    it('answers that the quota is spent for as long as it is told to', async () => {
      sandbox.faults.always('models', { kind: 'insufficient-quota' })
      expect((await refusal(client.models.list())).code).to.equal('insufficient_quota')
      expect((await refusal(client.models.list())).code).to.equal('insufficient_quota')
      sandbox.faults.clear()
      await client.models.list()
    })

    it('hangs until the client goes away', async () => {
      sandbox.faults.next('models', { kind: 'hang' })
      const controller = new AbortController()
      const hanging = refusal(client.models.list({ signal: controller.signal }))
      while (sandbox.requests.length === 0) await new Promise(setImmediate)
      controller.abort()
      expect(await hanging).to.be.instanceOf(APIUserAbortError)
    })

    it('cuts the connection', async () => {
      sandbox.faults.next('models', { kind: 'disconnect' })
      expect(await refusal(client.models.list())).to.be.instanceOf(APIConnectionError)
    })
  })
})

async function refusal(request: PromiseLike<unknown>): Promise<APIError> {
  try {
    await request
  } catch (error) {
    if (error instanceof APIError) return error
    throw error
  }
  throw new Error('expected a refusal')
}
