import type { RequestListener } from 'node:http'
import {
  type Call,
  type FinalInput,
  fields,
  PermanentError,
  RetryableError,
  Skip,
  summary,
  transcript,
  UnavailableError,
} from 'aftercall'
import {
  artifactOf,
  readerOf,
  runAttempt,
  sampleBusiness,
  sampleCall,
  sampleFinalInput,
  sampleOutcome,
  sampleTranscript,
  testServices,
  webhookConformance,
} from 'aftercall/testing'
import { expect } from 'chai'
import { Webhook } from 'standardwebhooks'
import { guardedFetch } from '../../../core/outbound/index.ts'
import http from '../../../plugins/webhook/http.ts'
import { failureOf } from '../_openai/failure.ts'
import { type Receiver, startReceiver } from './receiver.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const otherSecret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`

describe('webhook/http', () => {
  let receiver: Receiver
  let answer: RequestListener
  const closing: Array<() => Promise<void>> = []
  const good: RequestListener = (_, response) => void response.writeHead(200).end('thanks')

  beforeEach(async () => {
    answer = good
    receiver = await startReceiver((request, response) => answer(request, response))
  })
  afterEach(async () => {
    await receiver.close()
    for (const close of closing.splice(0)) await close()
  })

  const input = (more: Partial<FinalInput> & { readonly call?: Call } = {}) =>
    sampleFinalInput({
      artifacts: readerOf(
        [transcript, sampleTranscript()],
        [summary, { text: 'A plumber is needed.', language: 'en' }],
        [fields, { values: { city: { value: 'Haifa', raw: null, evidence: null, problem: null } } }],
      ),
      ...more,
    })
  const options = (path = '/hook') => ({ url: `${receiver.url}${path}`, secret })
  const failing = async (listener: RequestListener) => {
    answer = listener
    return await failureOf(runAttempt(http, options(), input()))
  }
  const status = (code: number, headers: Record<string, string> = {}): RequestListener => {
    return (_, response) => void response.writeHead(code, headers).end('no')
  }

  webhookConformance({
    name: 'webhook/http',
    definition: http,
    options,
    optionsWithoutEndpoint: () => ({}),
    input,
    stalled: async () => {
      const reached = new Promise<void>((resolve) => {
        answer = () => resolve()
      })
      return { options: options(), reached }
    },
  })

  it('sends what a receiver with the library of Standard Webhooks accepts', async () => {
    const receipt = artifactOf(await runAttempt(http, options(), input()))
    const [delivery] = receiver.deliveries
    const event = new Webhook(secret).verify(delivery?.body ?? '', asRecord(delivery?.headers))
    expect(event).to.have.property('type', 'call.completed')
    expect(event).to.have.nested.property('data.summary', 'A plumber is needed.')
    expect(event).to.have.nested.property('data.city', 'Haifa')
    expect(event).to.have.nested.property('data.phone', '+97241234567')
    expect(delivery?.method).to.equal('POST')
    expect(delivery?.headers).to.include({ 'content-type': 'application/json', 'webhook-id': receipt.webhookId })
    expect(receipt).to.include({ status: 200, answer: 'thanks', event: 'call.completed' })
    expect(() => new Webhook(otherSecret).verify(delivery?.body ?? '', asRecord(delivery?.headers))).to.throw()
  })

  it('keeps id and body over attempts, and stamps each with its own time', async () => {
    const before = Math.floor(Date.now() / 1_000)
    await runAttempt(http, options(), input())
    await runAttempt(http, options(), input(), { attempt: 2 })
    const [first, second] = receiver.deliveries
    expect(second?.body).to.equal(first?.body)
    expect(second?.headers['webhook-id']).to.equal(first?.headers['webhook-id'])
    expect(Number(second?.headers['webhook-timestamp'])).to.be.within(before, Math.ceil(Date.now() / 1_000))
  })

  it('prefers the address and the secret of the business', async () => {
    const own = await startReceiver()
    closing.push(() => own.close())
    const business = sampleBusiness({ webhookUrl: `${own.url}/theirs`, webhookSecret: otherSecret })
    await runAttempt(http, options(), input({ call: sampleCall({ business }) }))
    expect(receiver.deliveries).to.deep.equal([])
    const [delivery] = own.deliveries
    expect(delivery?.url).to.equal('/theirs')
    new Webhook(otherSecret).verify(delivery?.body ?? '', asRecord(delivery?.headers))
  })

  it('tells of failed calls, with the error', async () => {
    const error = { code: 'provider-quota', message: 'spent', remedy: 'pay', stage: 'stt' }
    const outcome = sampleOutcome({ status: 'failed', reason: 'stt failed', error })
    await runAttempt(http, options(), input({ outcome }))
    const event: unknown = JSON.parse(receiver.deliveries[0]?.body ?? '')
    expect(event).to.have.property('type', 'call.failed')
    expect(event).to.have.nested.property('data.error.code', 'provider-quota')
  })

  it('gives the customer’s number as phone, whoever called whom', async () => {
    const call = sampleCall({ direction: 'outbound-api', from: '+97230000001', to: '+97250000002' })
    await runAttempt(http, options(), input({ call }))
    expect(JSON.parse(receiver.deliveries[0]?.body ?? '')).to.have.nested.property('data.phone', '+97250000002')
  })

  it('finds a missing secret before any call ends', async () => {
    const services = testServices()
    await http.create({ ...options(), timeoutSec: 15 }, services).check?.()
    await http.create({ url: '', secret: '', timeoutSec: 15 }, services).check?.()
    const error = await failureOf(
      Promise.resolve(http.create({ ...options(), secret: '', timeoutSec: 15 }, services).check?.()),
    )
    expect(error).to.be.instanceOf(UnavailableError)
    expect(error).to.have.property('remedy').that.contains('openssl')
  })

  it('skips where no address is configured, and says so', async () => {
    const output = await runAttempt(http, { secret }, input())
    expect(output).to.be.instanceOf(Skip).with.property('reason').that.contains('no webhook URL configured')
  })

  const badSecrets = [
    '',
    'secret',
    'whsec_',
    'whsec_c2hvcnQ=',
    `whsec_${Buffer.alloc(65).toString('base64')}`,
    'whsec_!!',
  ]
  for (const bad of badSecrets) {
    it(`sends nothing with ${JSON.stringify(bad)} for a secret, and tells how to make one`, async () => {
      const error = await failureOf(runAttempt(http, { ...options(), secret: bad }, input()))
      expect(error).to.be.instanceOf(PermanentError)
      expect(error).to.have.property('remedy').that.contains('openssl rand -base64 32')
      if (bad.length > 10) expect(String(error)).to.not.contain(bad)
      expect(receiver.deliveries).to.deep.equal([])
    })
  }

  for (const code of [200, 201, 202, 204, 299]) {
    it(`takes ${code} for delivered`, async () => {
      answer = (_, response) => void response.writeHead(code).end()
      expect(artifactOf(await runAttempt(http, options(), input()))).to.include({ status: code, answer: '' })
    })
  }

  for (const code of [400, 401, 404, 429, 500, 503]) {
    it(`tries again after ${code}`, async () => {
      const error = await failing(status(code))
      expect(error).to.be.instanceOf(RetryableError)
      expect(error).to.include({ code: 'webhook-refused', retryAfterMs: undefined })
      expect(error).to.have.property('message').that.contains(String(code))
    })
  }

  for (const code of [429, 503]) {
    it(`waits as long as ${code} says`, async () => {
      expect(await failing(status(code, { 'retry-after': '3600' }))).to.have.property('retryAfterMs', 3_600_000)
      const date = new Date(Date.now() + 600_000).toUTCString()
      expect(await failing(status(code, { 'retry-after': date })))
        .to.have.property('retryAfterMs')
        .within(500_000, 600_000)
      expect(await failing(status(code, { 'retry-after': 'soon' }))).to.have.property('retryAfterMs', undefined)
    })
  }

  it('never tries again after 410', async () => {
    expect(await failing(status(410))).to.be.instanceOf(PermanentError)
  })

  for (const code of [301, 302, 303, 307, 308]) {
    it(`follows no ${code}`, async () => {
      const canary = await startReceiver()
      closing.push(() => canary.close())
      const error = await failing(status(code, { location: canary.url }))
      expect(error).to.be.instanceOf(RetryableError)
      expect(error).to.have.property('message').that.contains('redirects are not followed')
      expect(canary.deliveries).to.deep.equal([])
    })
  }

  it('keeps 16 KiB of an answer without end, and hangs up', async () => {
    let cut = false
    answer = (_, response) => {
      response.on('close', () => {
        cut = true
      })
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(4_096)));
        response.once('drain', pour)
      }
      pour()
    }
    const receipt = artifactOf(await runAttempt(http, options(), input()))
    expect(receipt.answer).to.have.lengthOf(16 * 1024)
    while (!cut) await new Promise(setImmediate)
  })

  it('keeps the secrets of the address out of receipt and errors', async () => {
    const url = `${receiver.url}/hook?token=hunter2#part`
    const receipt = artifactOf(await runAttempt(http, { url, secret }, input()))
    expect(receipt.endpoint).to.equal(`${receiver.url}/hook`)
    expect(receiver.deliveries[0]?.url).to.equal('/hook?token=hunter2')
    answer = status(500)
    const error = await failureOf(runAttempt(http, { url, secret }, input()))
    expect(String(error)).to.not.contain('hunter2')
  })

  it('tries again when nobody listens or the connection breaks', async () => {
    const broken = await failing((_, response) => void response.destroy())
    expect(broken).to.be.instanceOf(RetryableError)
    const gone = await startReceiver()
    await gone.close()
    const nobody = await failureOf(runAttempt(http, { url: gone.url, secret }, input()))
    expect(nobody).to.be.instanceOf(RetryableError)
    expect(nobody).to.have.property('message').that.contains('ECONNREFUSED')
  })

  it('gives up on an endpoint that does not answer in time', async () => {
    answer = () => {}
    const error = await failureOf(runAttempt(http, { ...options(), timeoutSec: 1 }, input()))
    expect(error).to.be.instanceOf(RetryableError)
    expect(error).to.have.property('message').that.contains('did not answer within 1 s')
  })

  it('gives up on an answer that does not end in time', async () => {
    answer = (_, response) => void response.writeHead(200).write('still')
    const error = await failureOf(runAttempt(http, { ...options(), timeoutSec: 1 }, input()))
    expect(error).to.have.property('message').that.contains('did not answer within 1 s')
  })

  it('reaches a private address only where the owner allows it', async () => {
    const strict = guardedFetch({ allow: [], trustedOrigins: [] })
    const lenient = guardedFetch({ allow: ['127.0.0.1'], trustedOrigins: [] })
    closing.push(strict.close, lenient.close)
    const error = await failureOf(runAttempt(http, options(), input(), { services: { fetch: strict } }))
    expect(error).to.be.instanceOf(PermanentError)
    expect(error).to.have.property('code', 'outbound-refused')
    expect(receiver.deliveries).to.deep.equal([])
    answer = (_, response) => void response.end('x'.repeat(100_000))
    const receipt = artifactOf(await runAttempt(http, options(), input(), { services: { fetch: lenient } }))
    expect(receipt.answer).to.have.lengthOf(16 * 1024)
  })

  for (const url of ['not a url', 'htps://example.com/hook', 'example.com:443/hook']) {
    it(`refuses ${url}, which is no address to POST to, and finds it before any call ends`, async () => {
      const error = await failureOf(runAttempt(http, { url, secret }, input()))
      expect(error).to.be.instanceOf(PermanentError)
      expect(error).to.have.property('remedy').that.includes('https://')
      const checked = await failureOf(
        Promise.resolve(http.create({ url, secret, timeoutSec: 15 }, testServices()).check?.()),
      )
      expect(checked).to.be.instanceOf(UnavailableError)
    })
  }
})

function asRecord(headers: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]))
}
