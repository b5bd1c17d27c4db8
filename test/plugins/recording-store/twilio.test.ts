import { buffer } from 'node:stream/consumers'
import type { Call, Recording } from 'aftercall'
import {
  artifactOf,
  recordingStoreConformance,
  runAttempt,
  sampleCall,
  sampleRecording,
  testServices,
} from 'aftercall/testing'
import { expect } from 'chai'
import store from '../../../plugins/recording-store/twilio.ts'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { tones } from '../../sandbox/twilio/tones.ts'
import { rejection } from '../../support/rejection.ts'

const SID = `RE${'a'.repeat(32)}`
const DUAL = tones(3, 2)

describe('recording-store/twilio', () => {
  let twilio: TwilioSandbox

  beforeEach(async () => {
    twilio = await startTwilioSandbox()
    await twilio.addRecording(SID, { audio: DUAL })
  })
  afterEach(() => twilio.close())

  const options = () => ({ accountSid: twilio.accountSid, authToken: twilio.authToken, apiUrl: twilio.url })
  const call = (overrides: Partial<Call> = {}) =>
    sampleCall({ accountSid: twilio.accountSid, recordingSid: SID, durationSec: 3, ...overrides })
  const keep = async (overrides: Partial<Call> = {}): Promise<Recording> =>
    artifactOf(await runAttempt(store, options(), { call: call(overrides) }))
  const media = () => store.create(options(), testServices())
  const failure = async (work: Promise<unknown>) => Object(await rejection(work))

  recordingStoreConformance({
    name: 'recording-store/twilio',
    definition: store,
    options,
    input: () => ({ call: call() }),
    stalled: () => {
      twilio.faults.next('media', { kind: 'hang' })
      return { options: options(), input: { call: call() }, reached: twilio.nextRequest() }
    },
  })

  it('looks at the beginning of the recording, and leaves it where it is', async () => {
    expect(await keep()).to.deep.equal({
      store: 'twilio',
      key: `${twilio.accountSid}/${SID}/separate`,
      url: `${twilio.url}/2010-04-01/Accounts/${twilio.accountSid}/Recordings/${SID}`,
      mediaType: 'audio/wav',
      extension: '.wav',
      bytes: DUAL.length,
      sha256: null,
      durationSec: 3,
      channels: 2,
    })
    expect(twilio.requests).to.have.length(1)
    expect(twilio.requests[0]).to.include({ range: 'bytes=0-4095', status: 206 })
  })

  it('opens a mono recording as the one channel that it has', async () => {
    await twilio.addRecording(SID, { audio: tones(3, 1) })
    const kept = await keep()
    expect(kept).to.include({ channels: 1, key: `${twilio.accountSid}/${SID}/mixed` })
    const { stream, total } = await media().open(kept, { start: 0, end: 9 })
    expect(await buffer(stream)).to.have.length(10)
    expect(total).to.equal(tones(3, 1).length)
  })

  it('cuts the part out itself where the server takes no notice of ranges', async () => {
    const kept = await keep()
    twilio.faults.next('media', { kind: 'truncate', afterBytes: DUAL.length, promise: 'whole' })
    const { stream } = await media().open(kept, { start: 100, end: 4999 })
    expect(await buffer(stream)).to.deep.equal(DUAL.subarray(100, 5000))
  })

  it('erases the recording at Twilio', async () => {
    const kept = await keep()
    await media().delete(kept)
    expect(twilio.recordingSids()).to.deep.equal([])
    expect(await failure(media().open(kept))).to.include({ name: 'RetryableError' })
  })

  it('takes neither XML nor half a recording for one', async () => {
    twilio.faults.next('media', { kind: 'body', body: '<?xml version="1.0"?><TwilioResponse/>' })
    expect(await failure(keep())).to.include({ code: 'recording-not-audio' })
    twilio.faults.next('media', { kind: 'body', body: DUAL.subarray(0, 50_000) })
    expect(await failure(keep())).to.include({ name: 'RetryableError', code: 'recording-truncated' })
  })

  it('has nothing to keep of a local file, so that a fallback may', async () => {
    expect(await failure(keep({ source: 'file', file: '/call.wav' }))).to.include({ name: 'UnavailableError' })
  })

  it('asks Twilio for no key that it did not make', async () => {
    for (const key of ['', `${twilio.accountSid}/../${SID}/mixed`, `${twilio.accountSid}/${SID}`, `AC/${SID}/mixed`]) {
      expect(await failure(media().open(sampleRecording({ key }))), key).to.include({ name: 'PermanentError' })
    }
    expect(twilio.requests).to.deep.equal([])
  })

  it('cannot work without account and token', async () => {
    const check = (changes: object) =>
      failure(store.create({ ...options(), ...changes }, testServices()).check?.() ?? Promise.resolve())
    expect(await check({ authToken: '' })).to.include({ code: 'key-missing' })
    expect(await check({ accountSid: '' })).to.include({ code: 'key-missing' })
  })
})
