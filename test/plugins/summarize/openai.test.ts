import { type InputOf, RetryableError, type summarize, type Usage } from 'aftercall'
import {
  artifactOf,
  runAttempt,
  sampleBusiness,
  sampleCall,
  sampleTranscript,
  summarizeConformance,
} from 'aftercall/testing'
import { expect } from 'chai'
import openai from '../../../plugins/summarize/openai.ts'
import { type OpenAiSandbox, startOpenAiSandbox } from '../../../sandbox/openai/index.ts'
import { failureOf } from '../_openai/failure.ts'
import { providerFaults } from '../_openai/provider-faults.ts'

describe('summarize/openai', () => {
  let sandbox: OpenAiSandbox
  const apiKey = 'sk-test-key-of-this-suite'
  const input = (call = sampleCall()): InputOf<typeof summarize> => ({ call, transcript: sampleTranscript() })
  const options = () => ({ apiKey, baseUrl: sandbox.url })

  before(async () => {
    sandbox = await startOpenAiSandbox({ apiKey })
  })
  afterEach(() => sandbox.faults.clear())
  after(() => sandbox.close())

  /** What the model was told by the last request. */
  const told = () => {
    const seen = sandbox.requests.at(-1)
    return JSON.stringify(seen?.route === 'chat' ? seen.body['messages'] : undefined)
  }

  summarizeConformance({
    name: 'summarize/openai',
    definition: openai,
    options,
    input,
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
    attempt: (connection, overrides) => runAttempt(openai, connection, input(), overrides),
  })

  it('summarises what is in the transcript, and says what it used', async () => {
    const used: Usage[] = []
    const output = await runAttempt(openai, options(), input(), { usage: (part) => void used.push(part) })
    expect(artifactOf(output)).to.deep.equal({
      text: 'Hello, how can I help you? I need a plumber in Haifa, please.',
      language: 'en',
    })
    expect(used).to.have.lengthOf(1)
    expect(used[0]).to.include({ model: 'gpt-6-luna' })
    expect(used[0]?.inputTokens).to.be.greaterThan(0)
  })

  it('keeps the transcript out of the instructions', async () => {
    await runAttempt(openai, options(), input())
    const seen = sandbox.requests.at(-1)
    expect(seen?.route === 'chat' && seen.body['messages']).to.have.nested.property(
      '[1].content',
      input().transcript.text,
    )
    expect(seen?.route === 'chat' && seen.body['messages'])
      .to.have.nested.property('[0].content')
      .that.does.not.contain('plumber')
  })

  it('writes in the language of the business, else in the configured one, else in that of the call', async () => {
    const call = sampleCall({ business: sampleBusiness({ language: 'he' }) })
    const configured = { ...options(), language: 'fr' }
    expect(artifactOf(await runAttempt(openai, configured, input(call))).language).to.equal('he')
    expect(told()).to.contain('BCP 47 tag he')
    expect(artifactOf(await runAttempt(openai, configured, input())).language).to.equal('fr')
    expect(told()).to.contain('BCP 47 tag fr')
    expect(artifactOf(await runAttempt(openai, options(), input())).language).to.equal('en')
    expect(told()).to.contain('language of the transcript')
  })

  it('leaves out the reasoning effort for models that do not know it', async () => {
    const older = { ...options(), model: 'gpt-4o-mini', reasoningEffort: 'unset' as const }
    await runAttempt(openai, older, input())
  })

  for (const kind of ['refusal', 'length'] as const) {
    it(`tries again after a ${kind}`, async () => {
      sandbox.faults.always('chat', { kind })
      const error = await failureOf(runAttempt(openai, options(), input()))
      expect(error).to.be.instanceOf(RetryableError)
      expect(error).to.have.property('code', 'provider-answer')
    })
  }

  it('takes no empty summary', async () => {
    sandbox.faults.always('chat', { kind: 'text', text: ' \n ' })
    expect(await failureOf(runAttempt(openai, options(), input()))).to.have.property('code', 'provider-answer')
  })
})
