import { bufferSource, readWavHeader, sniff, wavHeader } from 'aftercall/audio'
import { expect } from 'chai'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { needPrograms } from '../../support/programs.ts'
import { tones } from './tones.ts'

const SID = `RE${'1'.repeat(32)}`
const MONO = `RE${'2'.repeat(32)}`

describe('the sandbox’s media', () => {
  let sandbox: TwilioSandbox
  const dual = tones(2, 2)

  beforeEach(async () => {
    sandbox = await startTwilioSandbox()
    await sandbox.addRecording(SID, { audio: dual })
    await sandbox.addRecording(MONO, { audio: tones(1, 1) })
  })
  afterEach(() => sandbox.close())

  const get = (path: string, headers: Record<string, string> = {}, signal?: AbortSignal) => {
    const credentials = Buffer.from(`${sandbox.accountSid}:${sandbox.authToken}`).toString('base64')
    return fetch(`${sandbox.url}/2010-04-01/Accounts/${sandbox.accountSid}/Recordings/${path}`, {
      headers: { Authorization: `Basic ${credentials}`, ...headers },
      redirect: 'manual',
      ...(signal && { signal }),
    })
  }
  const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())
  const headerOf = async (response: Response) => readWavHeader(bufferSource(await bytesOf(response)))

  it('serves both channels when asked for two, and a mix of them otherwise', async () => {
    const asked = await get(`${SID}.wav?RequestedChannels=2`)
    expect(asked.headers.get('content-type')).to.equal('audio/x-wav')
    expect(await bytesOf(asked)).to.deep.equal(dual)
    for (const path of [`${SID}.wav`, SID]) {
      expect(await headerOf(await get(path)), path).to.include({ channels: 1, durationSec: 2, extent: 'complete' })
    }
  })

  it('decodes µ-law: what Twilio serves is PCM', async () => {
    const sound = Buffer.alloc(8000, 0xff)
    const format = { encoding: 'mulaw', channels: 1, sampleRate: 8000, bitsPerSample: 8 } as const
    await sandbox.addRecording(SID, { audio: Buffer.concat([wavHeader(format, sound.length), sound]) })
    expect(await headerOf(await get(`${SID}.wav`))).to.include({ encoding: 'pcm', bitsPerSample: 16, durationSec: 1 })
  })

  describe('as MP3', () => {
    needPrograms('ffmpeg')

    it('serves the mix', async () => {
      const served = await get(`${SID}.mp3`)
      expect(served.headers.get('content-type')).to.equal('audio/mpeg')
      expect(sniff(await bytesOf(served))).to.include({ mediaType: 'audio/mpeg' })
    })
  })

  it('refuses two channels of a recording that has one', async () => {
    const refused = await get(`${MONO}.wav?RequestedChannels=2`)
    expect(refused.status).to.equal(400)
    expect(await refused.text()).to.include('<Code>16113</Code>')
  })

  it('refuses wrong credentials, and none', async () => {
    expect((await get(SID, { Authorization: 'Basic d3Jvbmc6d3Jvbmc=' })).status).to.equal(401)
    const anonymous = await get(SID, { Authorization: '' })
    expect(anonymous.status).to.equal(401)
    expect(anonymous.headers.get('www-authenticate')).to.match(/^Basic/)
    expect(sandbox.requests.map((request) => request.credentials)).to.deep.equal(['wrong', 'none'])
  })

  it('answers 404 as XML while a recording is not ready, and for one that it does not know', async () => {
    await sandbox.addRecording(SID, { audio: dual, notReadyTimes: 2 })
    const statuses: number[] = []
    for (let time = 0; time < 3; time++) statuses.push((await get(`${SID}.wav`)).status)
    expect(statuses).to.deep.equal([404, 404, 200])
    await sandbox.addRecording(SID, { audio: dual, readyAt: new Date(Date.now() + 3_600_000) })
    expect((await get(`${SID}.wav`)).status).to.equal(404)
    const unknown = await get(`RE${'9'.repeat(32)}.wav`)
    expect(unknown.headers.get('content-type')).to.equal('application/xml')
    expect(sniff(await bytesOf(unknown))).to.deep.equal({ kind: 'other', what: 'XML' })
    expect(await (await get(`RE${'9'.repeat(32)}.json`)).json()).to.include({ code: 20404, status: 404 })
  })

  it('serves ranges', async () => {
    const path = `${SID}.wav?RequestedChannels=2`
    const part = await get(path, { Range: 'bytes=4-11' })
    expect(part.status).to.equal(206)
    expect(part.headers.get('content-range')).to.equal(`bytes 4-11/${dual.length}`)
    expect(await bytesOf(part)).to.deep.equal(dual.subarray(4, 12))
    expect(await bytesOf(await get(path, { Range: 'bytes=-10' }))).to.deep.equal(dual.subarray(-10))
    expect(await bytesOf(await get(path, { Range: `bytes=${dual.length - 1}-` }))).to.have.length(1)
    expect((await get(path, { Range: `bytes=${dual.length}-` })).status).to.equal(416)
    expect((await get(path, { Range: 'lines=1-2' })).status).to.equal(200)
  })

  it('redirects, and the other origin takes no credentials of Twilio’s', async () => {
    sandbox.faults.next('media', { kind: 'redirect', to: 'other-origin' })
    const { status, headers } = await get(`${SID}.wav?RequestedChannels=2`)
    expect(status).to.equal(307)
    const location = headers.get('location') ?? ''
    expect(new URL(location).origin).to.not.equal(sandbox.url)
    expect((await fetch(location, { headers: { Authorization: 'Basic eDp5' } })).status).to.equal(400)
    expect(await bytesOf(await fetch(location))).to.deep.equal(dual)
    sandbox.faults.next('media', { kind: 'redirect', to: 'same-origin' })
    const own = (await get(`${SID}.wav?RequestedChannels=2`)).headers.get('location') ?? ''
    expect(await bytesOf(await fetch(new URL(own, sandbox.url)))).to.deep.equal(dual)
  })

  it('spoils the answer as programmed', async () => {
    const url = `${SID}.wav?RequestedChannels=2`
    const failure = (work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (error: Error) => error.name,
      )
    sandbox.faults.next(SID, { kind: 'status', status: 429, retryAfter: '3' })
    const busy = await get(url)
    expect([busy.status, busy.headers.get('retry-after')]).to.deep.equal([429, '3'])
    sandbox.faults.next(SID, { kind: 'truncate', afterBytes: 100, promise: 'whole' })
    expect(await failure(get(url).then(bytesOf))).to.equal('TypeError')
    sandbox.faults.next(SID, { kind: 'truncate', afterBytes: 100, promise: 'part' })
    expect(await bytesOf(await get(url))).to.deep.equal(dual.subarray(0, 100))
    sandbox.faults.next(SID, { kind: 'truncate', afterBytes: 100, promise: 'none' })
    const chunked = await get(url)
    expect(chunked.headers.get('content-length')).to.equal(null)
    expect(await bytesOf(chunked)).to.have.length(100)
    sandbox.faults.next(SID, { kind: 'content-type', contentType: 'text/html' })
    expect((await get(url)).headers.get('content-type')).to.match(/^text\/html/)
    sandbox.faults.next(SID, { kind: 'body', body: '<TwilioResponse/>' })
    expect(await (await get(url)).text()).to.equal('<TwilioResponse/>')
    sandbox.faults.next(SID, { kind: 'disconnect' })
    expect(await failure(get(url))).to.equal('TypeError')
    expect((await get(url)).status).to.equal(200)
  })

  it('hangs until the client gives up', async () => {
    for (const fault of [{ kind: 'hang' } as const, { kind: 'stall', afterBytes: 10 } as const]) {
      sandbox.faults.next('media', fault)
      const controller = new AbortController()
      const arrived = sandbox.nextRequest()
      const answer = get(SID, {}, controller.signal).then(bytesOf)
      await arrived
      controller.abort()
      expect(await answer.catch((error: Error) => error.name), fault.kind).to.equal('AbortError')
    }
  })
})
