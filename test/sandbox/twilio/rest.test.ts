import { expect } from 'chai'
import twilio from 'twilio'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { tones } from './tones.ts'

/** The real client, with nothing changed but the address. */
class Redirected extends twilio.RequestClient {
  readonly base: string

  constructor(base: string) {
    super()
    this.base = base
  }

  override request<T>(options: RequestOptions<T>) {
    options.uri = options.uri.replace('https://api.twilio.com', this.base)
    return super.request<T>(options)
  }
}

type RequestOptions<T> = Parameters<typeof twilio.RequestClient.prototype.request<T>>[0]

const sid = (number: number) => `RE${number.toString(16).padStart(32, '0')}`

describe('the sandbox’s REST API, judged by the real twilio client', () => {
  let sandbox: TwilioSandbox
  let client: twilio.Twilio

  beforeEach(async () => {
    sandbox = await startTwilioSandbox()
    const httpClient = new Redirected(sandbox.url)
    client = twilio(sandbox.accountSid, sandbox.authToken, { httpClient, autoRetry: false })
  })
  afterEach(() => sandbox.close())

  it('lists recordings page by page, the newest first', async () => {
    for (let number = 1; number <= 7; number++) {
      await sandbox.addRecording(sid(number), { audio: tones(0.1, 2), startedAt: new Date(number * 60_000) })
    }
    const listed = await client.recordings.list({ pageSize: 3 })
    expect(listed.map((recording) => recording.sid)).to.deep.equal([7, 6, 5, 4, 3, 2, 1].map(sid))
    expect(sandbox.requests.map((request) => request.status)).to.deep.equal([200, 200, 200])
    expect(listed[0]).to.include({ channels: 2, status: 'completed', accountSid: sandbox.accountSid })
    expect(listed[0]?.dateCreated).to.deep.equal(new Date(7 * 60_000))
  })

  it('filters the list by call and by date', async () => {
    const callSid = `CA${'b'.repeat(32)}`
    await sandbox.addRecording(sid(1), { audio: tones(0.1, 1), startedAt: new Date('2026-11-01T10:00:00Z'), callSid })
    await sandbox.addRecording(sid(2), { audio: tones(0.1, 1), startedAt: new Date('2026-11-02T10:00:00Z') })
    const sids = async (filter: { callSid?: string; dateCreatedAfter?: Date; dateCreatedBefore?: Date }) =>
      (await client.recordings.list(filter)).map((recording) => recording.sid)
    expect(await sids({ callSid })).to.deep.equal([sid(1)])
    expect(await sids({ dateCreatedAfter: new Date('2026-11-02T00:00:00Z') })).to.deep.equal([sid(2)])
    expect(await sids({ dateCreatedBefore: new Date('2026-11-02T00:00:00Z') })).to.deep.equal([sid(1)])
  })

  it('goes on after the last recording shown, whatever comes or goes before it meanwhile', async () => {
    for (let number = 1; number <= 4; number++) {
      await sandbox.addRecording(sid(number), { audio: tones(0.1, 2), startedAt: new Date(number * 60_000) })
    }
    const first = await client.recordings.page({ pageSize: 2 })
    await sandbox.addRecording(sid(5), { audio: tones(0.1, 2), startedAt: new Date(5 * 60_000) })
    await client.recordings(sid(3)).remove()
    const second = await first.nextPage()
    expect([first, second].map((page) => page?.instances.map((recording) => recording.sid))).to.deep.equal([
      [4, 3].map(sid),
      [2, 1].map(sid),
    ])
    expect(await second?.nextPage()).to.equal(undefined)
  })

  it('shows a call as it was added, and knows no others', async () => {
    const callSid = `CA${'c'.repeat(32)}`
    const startedAt = new Date('2026-11-01T10:00:00Z')
    sandbox.addCall(callSid, { from: '+14155550100', to: '+14155550101', startedAt, durationSec: 90 })
    expect(await client.calls(callSid).fetch()).to.deep.include({
      sid: callSid,
      from: '+14155550100',
      to: '+14155550101',
      direction: 'inbound',
      status: 'completed',
      duration: '90',
      startTime: startedAt,
      endTime: new Date('2026-11-01T10:01:30Z'),
    })
    const unknown = await client
      .calls(`CA${'d'.repeat(32)}`)
      .fetch()
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    expect(unknown).to.include({ status: 404 })
  })

  it('has too many requests as Twilio does, with the time to wait', async () => {
    sandbox.faults.next('list', { kind: 'status', status: 429, retryAfter: '3' })
    const refused = await client.recordings.list().then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).to.include({ status: 429, code: 20429 })
  })

  it('shows one recording, deletes it, and then knows it no more', async () => {
    await sandbox.addRecording(sid(1), { audio: tones(2, 2) })
    expect(await client.recordings(sid(1)).fetch()).to.include({ sid: sid(1), duration: '2' })
    expect(await client.recordings(sid(1)).remove()).to.equal(true)
    expect(sandbox.recordingSids()).to.deep.equal([])
    const refused = await client
      .recordings(sid(1))
      .fetch()
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    expect(refused).to.include({ status: 404, code: 20404 })
  })

  it('refuses wrong credentials as Twilio does', async () => {
    const httpClient = new Redirected(sandbox.url)
    const stranger = twilio(sandbox.accountSid, 'wrong', { httpClient, autoRetry: false })
    const refused = await stranger.recordings.list().then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).to.include({ status: 401, code: 20003 })
  })

  it('tells of the account', async () => {
    expect(await client.api.accounts(sandbox.accountSid).fetch()).to.include({ status: 'active' })
  })

  it('fails as programmed, and recovers', async () => {
    sandbox.faults.next('list', { kind: 'status', status: 429, retryAfter: '7' })
    sandbox.faults.next('list', { kind: 'disconnect' })
    const attempt = () =>
      client.recordings.list().then(
        (list) => list.length,
        (error: unknown) => error,
      )
    expect(await attempt()).to.include({ status: 429, code: 20429 })
    expect(await attempt()).to.be.instanceOf(Error)
    expect(await attempt()).to.equal(0)
  })
})
