import { type extract, type Fields, type InputOf, RetryableError, type Transcript } from 'aftercall'
import {
  artifactOf,
  extractConformance,
  runAttempt,
  sampleBusiness,
  sampleCall,
  sampleTranscript,
} from 'aftercall/testing'
import { expect } from 'chai'
import fc from 'fast-check'
import type { FieldsOption } from '../../../plugins/extract/_fields/declaration.ts'
import openai from '../../../plugins/extract/openai.ts'
import { type OpenAiSandbox, startOpenAiSandbox } from '../../../sandbox/openai/index.ts'
import { failureOf } from '../_openai/failure.ts'
import { providerFaults } from '../_openai/provider-faults.ts'

const text: FieldsOption[string] = { description: '', type: 'string', vocabulary: [], aliases: {}, open: false }
const FIELDS = {
  city: { ...text, description: 'Where the service is needed', vocabulary: ['Tel Aviv', 'Haifa'], open: true },
  service: { ...text, description: 'What the caller needs', vocabulary: ['plumber', 'electrician'] },
} satisfies FieldsOption

describe('extract/openai', () => {
  let sandbox: OpenAiSandbox
  const apiKey = 'sk-test-key-of-this-suite'
  const input = (more: Partial<Transcript> = {}, call = sampleCall()): InputOf<typeof extract> => ({
    call,
    transcript: sampleTranscript(more),
  })
  const options = (fields: FieldsOption = FIELDS) => ({ fields, apiKey, baseUrl: sandbox.url })

  before(async () => {
    sandbox = await startOpenAiSandbox({ apiKey })
  })
  afterEach(() => sandbox.faults.clear())
  after(() => sandbox.close())

  extractConformance({
    name: 'extract/openai',
    definition: openai,
    options,
    fields: ['city', 'service'],
    input,
    unrelatedInput: () => input({ text: 'Customer: Wrong number, sorry.', segments: [] }),
    stalled: async () => {
      sandbox.faults.always('chat', { kind: 'hang' })
      const before = sandbox.requests.length
      const reached = (async () => {
        while (sandbox.requests.length === before) await new Promise(setImmediate)
      })()
      return { options: options(), reached }
    },
  })

  providerFaults({
    route: 'chat',
    attempt: (connection, overrides) => runAttempt(openai, { fields: FIELDS, ...connection }, input(), overrides),
  })

  /** The fields that come of an answer of the model, word for word. */
  async function answered(answer: unknown, fields: FieldsOption = FIELDS, given = input()): Promise<Fields['values']> {
    sandbox.faults.always('chat', { kind: 'text', text: JSON.stringify(answer) })
    return artifactOf(await runAttempt(openai, options(fields), given)).values
  }

  it('extracts the declared fields, each with its quote', async () => {
    const { values } = artifactOf(await runAttempt(openai, options(), input()))
    const evidence = 'I need a plumber in Haifa, please'
    expect(values).to.deep.equal({
      city: { value: 'Haifa', raw: 'Haifa', evidence, problem: null },
      service: { value: 'plumber', raw: 'plumber', evidence, problem: null },
    })
  })

  describe('one bad field never voids another', () => {
    const service = { value: 'plumber', evidence: 'I need a plumber' }
    const bad: ReadonlyArray<[string, unknown]> = [
      ['null', null],
      ['a null value', { value: null, evidence: null }],
      ['an empty text', { value: '  ', evidence: null }],
      ['an empty object', {}],
      ['a list', ['Haifa']],
      ['a number', { value: 7, evidence: 'I need a plumber' }],
      ['an object', { value: { name: 'Haifa' }, evidence: 'Haifa' }],
      ['a quote that nobody said', { value: 'Atlantis', evidence: 'I live in Atlantis' }],
    ]
    for (const [name, city] of bad) {
      it(`when the city is ${name}`, async () => {
        const values = await answered({ city, service })
        expect(values['city']).to.include({ value: null, evidence: null })
        expect(values['service']).to.include({ value: 'plumber', problem: null })
      })
    }

    it('when the city is missing altogether', async () => {
      const values = await answered({ service })
      expect(values['city']).to.include({ value: null, problem: 'the model left it out' })
      expect(values['service']).to.include({ value: 'plumber' })
    })

    it('whatever a server answers for it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (city) => {
          const values = await answered({ city, service })
          expect(values).to.have.all.keys('city', 'service')
          expect(values['service']).to.include({ value: 'plumber' })
        }),
        { numRuns: 50 },
      )
    })
  })

  it('admits only its own words to a closed vocabulary, in its own spelling', async () => {
    const quote = 'I need a plumber in Haifa'
    const foreign = await answered({ service: { value: 'astronaut', evidence: quote } })
    expect(foreign['service']).to.include({ value: null, raw: 'astronaut' })
    expect(foreign['service']?.problem).to.contain('vocabulary')
    const shouted = await answered({ service: { value: ' ＰLUMBER.', evidence: quote } })
    expect(shouted['service']).to.include({ value: 'plumber', problem: null })
  })

  it('holds numbers to a closed vocabulary too', async () => {
    const fields: FieldsOption = { rooms: { ...text, type: 'number', vocabulary: ['2', '3'] } }
    const given = input({ text: 'Customer: Three rooms, or five.', segments: [] })
    const rooms = async (value: number) =>
      (await answered({ rooms: { value, evidence: 'Three rooms' } }, fields, given))['rooms']
    expect(await rooms(3)).to.include({ value: 3, problem: null })
    expect(await rooms(5)).to.include({ value: null })
  })

  it('keeps a word outside an open vocabulary as it was said', async () => {
    const transcript = { text: 'Customer: I am in Metula.', segments: [] }
    const values = await answered({ city: { value: 'Metula', evidence: 'I am in Metula' } }, FIELDS, input(transcript))
    expect(values['city']).to.include({ value: 'Metula', evidence: 'I am in Metula' })
  })

  it('takes an alias for the word that it means', async () => {
    const fields = { service: { ...FIELDS.service, aliases: { plumber: ['drain man'] } } }
    const values = await answered({ service: { value: 'Drain Man', evidence: 'I need a plumber' } }, fields)
    expect(values['service']).to.include({ value: 'plumber', raw: 'Drain Man' })
  })

  it('finds a quote over line breaks, punctuation and speakers, and looks up a value whose quote is wrong', async () => {
    const across = await answered({ city: { value: 'Haifa', evidence: 'help you? - I NEED a plumber in “Haifa”' } })
    expect(across['city']).to.include({ value: 'Haifa' })
    const invented = await answered({ city: { value: 'Haifa', evidence: 'Haifa is where my heart is' } })
    expect(invented['city']).to.include({ value: 'Haifa', evidence: 'I need a plumber in Haifa, please.' })
  })

  it('reads numbers, truth and dates, and says what is none', async () => {
    const fields = {
      rooms: { ...text, type: 'number' },
      urgent: { ...text, type: 'boolean' },
      day: { ...text, type: 'date' },
    } satisfies FieldsOption
    const given = input({ text: 'Customer: Three rooms, urgently, on the first of May.', segments: [] })
    const evidence = 'Three rooms, urgently, on the first of May'
    const entry = (value: unknown) => ({ value, evidence })
    const good = await answered({ rooms: entry('3'), urgent: entry(true), day: entry('2027-05-01') }, fields, given)
    expect(Object.values(good).map(({ value }) => value)).to.deep.equal([3, true, '2027-05-01'])
    const bad = await answered(
      { rooms: entry('three'), urgent: entry('perhaps'), day: entry('2027-02-30') },
      fields,
      given,
    )
    expect(Object.values(bad).map(({ value }) => value)).to.deep.equal([null, null, null])
    for (const { problem } of Object.values(bad)) expect(problem).to.be.a('string')
  })

  it('adds the words of the business to the vocabulary', async () => {
    const call = sampleCall({ business: sampleBusiness({ vocabulary: { service: ['locksmith'] } }) })
    const transcript = { text: 'Customer: I need a locksmith in Haifa.', segments: [] }
    const { values } = artifactOf(await runAttempt(openai, options(), input(transcript, call)))
    expect(values['service']).to.include({ value: 'locksmith' })
  })

  it('asks for a vocabulary that is too large for a schema in words, and checks it all the same', async () => {
    const vocabulary = Array.from({ length: 1_200 }, (_, index) => `service number ${index}`)
    const fields = { ...FIELDS, service: { ...text, vocabulary } }
    const given = input({ text: 'Customer: I need service number 7 in Haifa.', segments: [] })
    const evidence = 'I need service number 7'
    await runAttempt(openai, options(fields), given)
    const seen = sandbox.requests.at(-1)
    expect(JSON.stringify(seen?.route === 'chat' && seen.body['messages'])).to.contain('service number 1199')
    const right = await answered({ service: { value: 'Service Number 7', evidence } }, fields, given)
    expect(right['service']).to.include({ value: 'service number 7' })
    const wrong = await answered({ service: { value: 'service number 1200', evidence } }, fields, given)
    expect(wrong['service']).to.include({ value: null })
  })

  it('sends a schema that OpenAI takes, whatever the declaration', async () => {
    const declaration = fc.record({
      description: fc.string(),
      type: fc.constantFrom('string' as const, 'number' as const, 'boolean' as const, 'date' as const),
      vocabulary: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 80 }), { maxLength: 400 }),
      aliases: fc.dictionary(fc.string(), fc.array(fc.string({ minLength: 1 }))),
      open: fc.boolean(),
    })
    const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/)
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, declaration, { minKeys: 1, maxKeys: 5 }), async (fields) => {
        const { values } = artifactOf(await runAttempt(openai, options(fields), input()))
        expect(Object.keys(values).sort()).to.deep.equal(Object.keys(fields).sort())
      }),
      { numRuns: 30 },
    )
  })

  for (const kind of ['refusal', 'length', 'invalid-json'] as const) {
    it(`tries again after ${kind}`, async () => {
      sandbox.faults.always('chat', { kind })
      const error = await failureOf(runAttempt(openai, options(), input()))
      expect(error).to.be.instanceOf(RetryableError)
      expect(error).to.have.property('code', 'provider-answer')
    })
  }

  for (const answer of ['null', '[]', '"Haifa"', '7']) {
    it(`tries again after an answer that is ${answer}`, async () => {
      sandbox.faults.always('chat', { kind: 'text', text: answer })
      const error = await failureOf(runAttempt(openai, options(), input()))
      expect(error).to.have.property('code', 'provider-answer')
    })
  }
})
