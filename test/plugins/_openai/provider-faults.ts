import { PermanentError, RetryableError, UnavailableError } from 'aftercall'
import type { AttemptOverrides } from 'aftercall/testing'
import { expect } from 'chai'
import { type OpenAiSandbox, type Route, startOpenAiSandbox } from '../../../sandbox/openai/index.ts'
import { failureOf } from './failure.ts'

export interface FaultSubject {
  readonly route: Route
  /** One attempt with these connection options, and a model of its own where one is given. */
  attempt(
    options: { readonly baseUrl: string; readonly apiKey: string; readonly model?: string },
    overrides?: AttemptOverrides,
  ): Promise<unknown>
}

/** What every driver of the OpenAI SDK makes of a provider that misbehaves. */
export function providerFaults({ route, attempt }: FaultSubject): void {
  describe('with a provider that misbehaves', () => {
    let sandbox: OpenAiSandbox
    const apiKey = 'sk-test-key-of-this-suite'
    const tried = (more: { readonly model?: string } = {}, overrides: AttemptOverrides = {}) =>
      failureOf(attempt({ baseUrl: sandbox.url, apiKey, ...more }, overrides))

    beforeEach(async () => {
      sandbox = await startOpenAiSandbox({ apiKey })
    })
    afterEach(() => sandbox.close())

    for (const status of [408, 409, 500, 502, 503]) {
      it(`tries again later after ${status}, and asks once per attempt`, async () => {
        sandbox.faults.always(route, { kind: 'status', status })
        const error = await tried()
        expect(error).to.be.instanceOf(RetryableError)
        expect(error).to.include({ code: 'provider-unreachable', retryAfterMs: undefined })
      })
    }

    it('hands on how long to wait, however long that is', async () => {
      sandbox.faults.always(route, { kind: 'status', status: 429, retryAfter: '7200' })
      expect(await tried()).to.include({ code: 'provider-unreachable', retryAfterMs: 7_200_000 })
    })

    it('understands a Retry-After that is a date', async () => {
      const retryAfter = new Date(Date.now() + 3_600_000).toUTCString()
      sandbox.faults.always(route, { kind: 'status', status: 503, retryAfter })
      const error = await tried()
      expect(error).to.have.property('retryAfterMs').within(3_000_000, 3_600_000)
    })

    it('does not wait for an account without quota to fill', async () => {
      sandbox.faults.always(route, { kind: 'insufficient-quota' })
      const error = await tried()
      expect(error).to.be.instanceOf(PermanentError)
      expect(error).to.have.property('code', 'provider-quota')
    })

    it('gives way to the next fallback when the model is unknown', async () => {
      const error = await tried({ model: 'gpt-2-shut-down' })
      expect(error).to.be.instanceOf(UnavailableError)
      expect(error).to.have.property('message').that.contains('gpt-2-shut-down')
    })

    it('gives up where the request itself is refused', async () => {
      sandbox.faults.always(route, { kind: 'status', status: 400, message: 'the request is nonsense' })
      const error = await tried()
      expect(error).to.be.instanceOf(PermanentError)
      expect(error).to.include({ code: 'provider-rejected' })
      expect(error).to.have.property('message').that.contains('nonsense')
    })

    it('gives up with a wrong key, and does not repeat it', async () => {
      const wrong = 'sk-wrong-key-abcdefgh'
      const error = await failureOf(attempt({ baseUrl: sandbox.url, apiKey: wrong }))
      expect(error).to.be.instanceOf(PermanentError)
      expect(error).to.have.property('code', 'provider-credentials')
      expect(String(error)).to.not.contain(wrong)
    })

    it('says where to put the key when there is none', async () => {
      const error = await failureOf(attempt({ baseUrl: '', apiKey: '' }))
      expect(error).to.be.instanceOf(UnavailableError)
      expect(error).to.have.property('code', 'key-missing')
      expect(error).to.have.property('remedy').that.contains('OPENAI_API_KEY').and.contains('.env')
    })

    it('tries again when the connection breaks, or nobody listens', async () => {
      sandbox.faults.always(route, { kind: 'disconnect' })
      const broken = await tried()
      expect(broken).to.be.instanceOf(RetryableError)
      expect(broken).to.have.property('code', 'provider-unreachable')
      const nobody = await failureOf(attempt({ baseUrl: 'http://127.0.0.1:9/v1', apiKey }))
      expect(nobody).to.be.instanceOf(RetryableError)
      expect(nobody)
        .to.have.property('message')
        .that.matches(/ECONNREFUSED|bad port/)
    })

    it('stops a hanging request with the reason of its signal', async () => {
      sandbox.faults.always(route, { kind: 'hang' })
      const controller = new AbortController()
      const hanging = tried({}, { signal: controller.signal })
      while (sandbox.requests.length === 0) await new Promise(setImmediate)
      const reason = new Error('cancelled by the test')
      controller.abort(reason)
      expect(await hanging).to.equal(reason)
    })
  })
}
