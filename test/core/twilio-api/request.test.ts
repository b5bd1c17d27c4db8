import { expect } from 'chai'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { sidOf } from '../../support/calls.ts'
import { rejection } from '../../support/rejection.ts'
import { apiOf } from '../../support/sync.ts'

const CALL = sidOf('CA', 'call')

describe('asking Twilio', () => {
  let twilio: TwilioSandbox
  beforeEach(async () => {
    twilio = await startTwilioSandbox()
    twilio.addCall(CALL, { from: '+14155550100', to: '+14155550101' })
  })
  afterEach(() => twilio.close())

  const { signal } = new AbortController()
  const ask = (options: Parameters<typeof apiOf>[1] = {}) =>
    apiOf(twilio, options).call(twilio.accountSid, CALL, signal)

  it('waits as long as a 429 asks for, and longer each time where nothing is asked', async () => {
    const waits: number[] = []
    twilio.faults.next('call', { kind: 'status', status: 429, retryAfter: '7' })
    twilio.faults.next('call', { kind: 'status', status: 503 })
    twilio.faults.next('call', { kind: 'disconnect' })
    expect(await ask({ waits })).to.include({ sid: CALL, status: 'completed' })
    expect(waits).to.deep.equal([7_000, 2_000, 4_000])
  })

  it('gives up after five tries, or at once where it is to wait for minutes, and says how long', async () => {
    twilio.faults.always('call', { kind: 'status', status: 500 })
    expect(await rejection(ask())).to.include({ name: 'RetryableError', code: 'provider-unreachable' })
    expect(twilio.requests).to.have.length(5)
    twilio.faults.clear()
    twilio.faults.next('call', { kind: 'status', status: 429, retryAfter: '600' })
    expect(await rejection(ask())).to.include({ name: 'RetryableError', retryAfterMs: 600_000 })
  })

  it('gives a request up that is never answered, and asks again', async () => {
    twilio.faults.next('call', { kind: 'hang' })
    const waits: number[] = []
    expect(await ask({ patienceMs: 200, waits })).to.include({ sid: CALL })
    expect(waits).to.have.length(1)
  })

  it('tries the second token where the first is refused, and refused credentials once only', async () => {
    expect(await ask({ authTokens: ['old', twilio.authToken] })).to.include({ sid: CALL })
    expect(twilio.requests.map(({ status }) => status)).to.deep.equal([401, 200])
    const error = await rejection(ask({ authTokens: ['old', 'older'] }))
    expect(error).to.include({ name: 'PermanentError', code: 'provider-credentials' })
    expect(String(error)).not.to.include('older')
    expect(twilio.requests).to.have.length(4)
  })

  it('asks for recordings since a moment in the form that Twilio documents: whole seconds', async () => {
    const since = new Date('2026-11-22T09:00:00.999Z')
    for await (const page of apiOf(twilio).recordingsSince(since, signal)) expect(page).to.deep.equal([])
    const [{ url } = { url: '' }] = twilio.requests
    expect(new URL(url, twilio.url).searchParams.get('DateCreated>')).to.equal('2026-11-22T09:00:00Z')
  })

  it('follows no redirect, and no page that lies elsewhere', async () => {
    const elsewhere = { recordings: [], next_page_uri: 'https://elsewhere.example/2010-04-01/x' }
    const api = apiOf({ ...twilio, url: `data:application/json,${JSON.stringify(elsewhere)}#` })
    const pages = async () => {
      for await (const page of api.recordingsSince(new Date(), signal)) expect(page).to.deep.equal([])
    }
    expect(await rejection(pages())).to.include({ code: 'provider-answer' })
  })

  it('stops waiting when it is aborted', async () => {
    twilio.faults.always('call', { kind: 'status', status: 503 })
    const controller = new AbortController()
    const asking = rejection(apiOf(twilio).call(twilio.accountSid, CALL, controller.signal))
    const reason = new Error('the worker stops')
    controller.abort(reason)
    expect(await asking).to.equal(reason)
  })
})
