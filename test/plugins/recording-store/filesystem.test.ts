import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import type { Call, Recording } from 'aftercall'
import { wavHeader } from 'aftercall/audio'
import {
  artifactOf,
  recordingStoreConformance,
  runAttempt,
  sampleCall,
  sampleRecording,
  testServices,
} from 'aftercall/testing'
import { expect } from 'chai'
import filesystem from '../../../plugins/recording-store/filesystem.ts'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { tones } from '../../sandbox/twilio/tones.ts'
import { skipWithout } from '../../support/absent.ts'
import { freshFolder } from '../../support/folder.ts'
import { onSmallDisk } from '../../support/full-disk.ts'
import { rejection } from '../../support/rejection.ts'

const SID = `RE${'a'.repeat(32)}`
const DUAL = tones(3, 2)

describe('recording-store/filesystem', () => {
  const folder = freshFolder()
  let twilio: TwilioSandbox

  beforeEach(async () => {
    twilio = await startTwilioSandbox()
    await twilio.addRecording(SID, { audio: DUAL })
  })
  afterEach(async () => {
    await twilio.close()
  })

  const options = () => ({
    dir: folder.path,
    accountSid: twilio.accountSid,
    authToken: twilio.authToken,
    apiUrl: twilio.url,
  })
  const call = (overrides: Partial<Call> = {}) =>
    sampleCall({ accountSid: twilio.accountSid, recordingSid: SID, durationSec: 3, ...overrides })
  const store = async (
    changes: { readonly call?: Partial<Call>; readonly options?: Partial<ReturnType<typeof options>> } = {},
    overrides: Parameters<typeof runAttempt>[3] = {},
  ): Promise<Recording> =>
    artifactOf(
      await runAttempt(filesystem, { ...options(), ...changes.options }, { call: call(changes.call) }, overrides),
    )
  const failure = async (work: Promise<unknown>) => Object(await rejection(work))
  /** Every file below the folder, temporary ones included. */
  const files = async () =>
    (await readdir(folder.path, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)

  recordingStoreConformance({
    name: 'of Twilio: recording-store/filesystem',
    definition: filesystem,
    options,
    input: () => ({ call: call() }),
    stalled: () => {
      twilio.faults.next('media', { kind: 'stall', afterBytes: 1000 })
      return { options: options(), input: { call: call() }, reached: twilio.nextRequest() }
    },
  })

  recordingStoreConformance({
    name: 'of a file: recording-store/filesystem',
    definition: filesystem,
    options,
    input: async () => {
      const file = join(folder.path, 'call.wav')
      await writeFile(file, DUAL)
      return { call: call({ source: 'file', file, accountSid: null }) }
    },
  })

  describe('of a recording at Twilio', () => {
    it('stores both channels, under the SIDs, for its owner alone', async () => {
      const stored = await store()
      const path = join(folder.path, twilio.accountSid, `${SID}.wav`)
      expect(stored).to.deep.equal({
        store: 'filesystem',
        key: `${twilio.accountSid}/${SID}.wav`,
        url: `${twilio.url}/2010-04-01/Accounts/${twilio.accountSid}/Recordings/${SID}`,
        mediaType: 'audio/wav',
        extension: '.wav',
        bytes: DUAL.length,
        sha256: createHash('sha256').update(DUAL).digest('hex'),
        durationSec: 3,
        channels: 2,
      })
      expect(await readFile(path)).to.deep.equal(DUAL)
      expect((await stat(path)).mode & 0o777).to.equal(0o600)
      expect(await files()).to.deep.equal([`${SID}.wav`])
    })

    it('stores the one channel of a mono recording', async () => {
      await twilio.addRecording(SID, { audio: tones(3, 1) })
      expect(await store()).to.include({ channels: 1, durationSec: 3 })
      expect(twilio.requests.map(({ status }) => status)).to.deep.equal([400, 200])
    })

    it('uses the second token where the first is refused, and its own account for that of a subaccount', async () => {
      await store({ options: { authToken: `old-token-12345, ${twilio.authToken}` } })
      expect(twilio.requests.map(({ status }) => status)).to.deep.equal([401, 200])
      await rm(join(folder.path, twilio.accountSid), { recursive: true })
      const error = await failure(store({ call: { accountSid: `AC${'5'.repeat(32)}` } }))
      expect(error).to.include({ code: 'recording-not-ready' })
      expect(twilio.requests.at(-1)).to.include({ credentials: 'right' })
    })

    it('follows redirects, and takes no credentials to another origin', async () => {
      twilio.faults.next('media', { kind: 'redirect', to: 'other-origin' })
      expect(await store()).to.include({ bytes: DUAL.length })
      await rm(join(folder.path, twilio.accountSid), { recursive: true })
      twilio.faults.next('media', { kind: 'redirect', to: 'same-origin' })
      expect(await store()).to.include({ bytes: DUAL.length })
      expect(twilio.requests.at(-1)).to.include({ credentials: 'right' })
    })

    it('waits for a recording that is not ready, ever longer over about a minute, and never gives up by itself', async () => {
      await twilio.addRecording(SID, { audio: DUAL, notReadyTimes: 6 })
      const errors: { code?: string; retryAfterMs?: number; name?: string }[] = []
      for (let attempt = 1; attempt <= 6; attempt++) {
        const error = await failure(store({}, { attempt }))
        errors.push(Object(error))
      }
      expect(errors.map(({ name }) => name)).to.deep.equal(Array(6).fill('RetryableError'))
      const codes = [...Array(5).fill('recording-not-ready'), 'recording-not-found']
      expect(errors.map(({ code }) => code)).to.deep.equal(codes)
      const waits = errors.map(({ retryAfterMs }) => retryAfterMs ?? 0)
      expect(waits).to.deep.equal([2000, 4000, 8000, 16_000, 32_000, 0])
      expect(waits.reduce((sum, wait) => sum + wait)).to.be.within(60_000, 70_000)
      expect(await store({}, { attempt: 7 })).to.include({ channels: 2 })
    })

    it('names what Twilio refused', async () => {
      const cases = [
        [{ kind: 'status', status: 401 }, 'PermanentError', 'provider-credentials', undefined],
        [{ kind: 'status', status: 403 }, 'PermanentError', 'provider-credentials', undefined],
        [{ kind: 'status', status: 410 }, 'PermanentError', 'provider-rejected', undefined],
        [{ kind: 'status', status: 429, retryAfter: '7' }, 'RetryableError', 'provider-unreachable', 7000],
        [{ kind: 'status', status: 503 }, 'RetryableError', 'provider-unreachable', undefined],
        [{ kind: 'disconnect' }, 'RetryableError', 'provider-unreachable', undefined],
      ] as const
      for (const [fault, name, code, retryAfterMs] of cases) {
        twilio.faults.next('media', fault)
        expect(await failure(store()), JSON.stringify(fault)).to.include({ name, code })
        if (retryAfterMs !== undefined) {
          twilio.faults.next('media', fault)
          expect(await failure(store())).to.include({ retryAfterMs })
        }
      }
      expect(await files()).to.deep.equal([])
    })

    it('stores nothing of what is not audio, or not all of it', async () => {
      const half = wavHeader({ encoding: 'pcm', channels: 2, sampleRate: 8000, bitsPerSample: 16 }, 1_000_000)
      const cases = [
        [{ kind: 'content-type', contentType: 'application/xml' }, 'recording-not-audio'],
        [{ kind: 'body', body: '<?xml version="1.0"?><TwilioResponse/>' }, 'recording-not-audio'],
        [{ kind: 'body', body: '#EXTM3U\nhttp://169.254.169.254/' }, 'recording-not-audio'],
        [{ kind: 'body', body: '' }, 'recording-empty'],
        [{ kind: 'body', body: half }, 'recording-empty'],
        [{ kind: 'body', body: Buffer.concat([half, Buffer.alloc(100_000)]) }, 'recording-truncated'],
        [{ kind: 'body', body: tones(0.5, 2) }, 'recording-truncated'],
        [{ kind: 'truncate', afterBytes: 20_000, promise: 'part' }, 'recording-truncated'],
        [{ kind: 'truncate', afterBytes: 20_000, promise: 'none' }, 'recording-truncated'],
      ] as const
      for (const [fault, code] of cases) {
        twilio.faults.next('media', fault)
        expect(await failure(store()), JSON.stringify(fault).slice(0, 80)).to.include({ code })
        expect(await files()).to.deep.equal([])
      }
    })

    it('tries again what Twilio cut short', async () => {
      twilio.faults.next('media', { kind: 'truncate', afterBytes: 20_000, promise: 'part' })
      expect(await failure(store())).to.include({ name: 'RetryableError' })
      expect(await store({}, { attempt: 2 })).to.include({ bytes: DUAL.length })
    })

    it('goes on where the connection broke, with the range that is missing', async () => {
      twilio.faults.next('media', { kind: 'truncate', afterBytes: 20_000, promise: 'whole' })
      twilio.faults.next('media', { kind: 'truncate', afterBytes: 10_000, promise: 'whole' })
      const stored = await store()
      expect(stored).to.include({ sha256: createHash('sha256').update(DUAL).digest('hex') })
      expect(await readFile(join(folder.path, stored.key))).to.deep.equal(DUAL)
      expect(twilio.requests.map(({ status }) => status)).to.deep.equal([200, 206, 206])
      // How many of the bytes that were sent have arrived is up to the network.
      for (const { range } of twilio.requests.slice(1)) expect(range).to.match(/^bytes=\d+-$/)
    })

    it('goes on past a refusal that passes, and past a server that takes no notice of ranges', async () => {
      twilio.faults.next('media', { kind: 'truncate', afterBytes: 20_000, promise: 'whole' })
      twilio.faults.next('media', { kind: 'status', status: 503 })
      twilio.faults.next('media', { kind: 'ignore-range' })
      const stored = await store()
      expect(await readFile(join(folder.path, stored.key))).to.deep.equal(DUAL)
      expect(twilio.requests.map(({ status }) => status)).to.deep.equal([200, 503, 200])
    })

    it('never puts two recordings together: what changed in between is fetched anew by the next attempt', async () => {
      twilio.faults.next('media', { kind: 'truncate', afterBytes: 20_000, promise: 'whole' })
      const other = Buffer.from(DUAL)
      other.fill(1, 44)
      const storing = failure(store())
      await twilio.nextRequest()
      await twilio.addRecording(SID, { audio: other })
      expect(await storing).to.include({ name: 'RetryableError', code: 'recording-truncated' })
      expect(await files()).to.deep.equal([])
      const stored = await store({}, { attempt: 2 })
      expect(await readFile(join(folder.path, stored.key))).to.deep.equal(other)
    })

    it('gives up for this attempt when the connection keeps breaking', async () => {
      twilio.faults.always('media', { kind: 'truncate', afterBytes: 1_000, promise: 'whole' })
      expect(await failure(store())).to.include({ name: 'RetryableError', code: 'provider-unreachable' })
      expect(twilio.requests).to.have.length(4)
      expect(await files()).to.deep.equal([])
    })

    it('leaves nothing behind when it is aborted in the middle', async () => {
      twilio.faults.next('media', { kind: 'stall', afterBytes: 20_000 })
      const controller = new AbortController()
      const arrived = twilio.nextRequest()
      const storing = failure(store({}, { signal: controller.signal }))
      await arrived
      const reason = new Error('the run was cancelled')
      controller.abort(reason)
      expect(await storing).to.equal(reason)
      expect(await files()).to.deep.equal([])
    })

    it('does not ask Twilio again for what it has whole, even where Twilio has it no more', async () => {
      const first = await store()
      twilio.faults.always('media', { kind: 'not-ready' })
      expect(await store()).to.deep.equal(first)
    })

    it('fetches again what was damaged on disk', async () => {
      await store()
      await writeFile(join(folder.path, twilio.accountSid, `${SID}.wav`), DUAL.subarray(0, 30_000))
      expect(await store()).to.include({ bytes: DUAL.length })
      expect(twilio.requests).to.have.length(2)
    })

    it('removes what crashed attempts have left behind, and not what others are writing', async () => {
      const incoming = join(folder.path, '.incoming')
      await mkdir(incoming)
      await writeFile(join(incoming, 'crashed'), 'half a recording')
      await writeFile(join(incoming, 'in-progress'), 'half a recording')
      const longAgo = new Date(Date.now() - 48 * 3_600_000)
      await utimes(join(incoming, 'crashed'), longAgo, longAgo)
      await store()
      expect(await files()).to.have.members([`${SID}.wav`, 'in-progress'])
    })

    it('removes what a crash has left of the same recording, however fresh', async () => {
      const incoming = join(folder.path, '.incoming')
      await mkdir(incoming)
      await writeFile(join(incoming, `${SID}.crashed`), 'half a recording')
      await writeFile(join(incoming, `${SID.slice(0, -1)}.other`), 'half of another')
      await store()
      expect(await files()).to.have.members([`${SID}.wav`, `${SID.slice(0, -1)}.other`])
    })

    it('names the variable that is missing', async () => {
      const error = await failure(store({ options: { authToken: '' } }))
      expect(error).to.include({ name: 'UnavailableError', code: 'key-missing' })
      expect(String(error)).to.include('TWILIO_AUTH_TOKEN')
    })

    it('makes no path or URL of a SID that is none', async () => {
      for (const recordingSid of ['../../etc/passwd', `RE${'a'.repeat(31)}/`, '', `${SID}\n`]) {
        expect(await failure(store({ call: { recordingSid } })), recordingSid).to.include({ name: 'PermanentError' })
      }
      expect(await failure(store({ call: { accountSid: 'AC/..' } }))).to.include({ name: 'PermanentError' })
      expect(twilio.requests).to.deep.equal([])
    })
  })

  describe('of a file', () => {
    const local = (file: string | null) => store({ call: { source: 'file', file, accountSid: null } })

    it('copies it as it is, whatever audio it is', async () => {
      const file = join(folder.path, 'call.ogg')
      await writeFile(file, 'OggS and so on')
      const stored = await local(file)
      const path = join(folder.path, 'local', `${SID}.ogg`)
      expect(stored).to.include({ mediaType: 'audio/ogg', extension: '.ogg', durationSec: null, channels: null })
      expect(stored).to.include({ url: pathToFileURL(path).href, key: `local/${SID}.ogg` })
      expect(await readFile(path, 'utf8')).to.equal('OggS and so on')
    })

    it('refuses for good what is missing, no file, empty, cut short or no audio', async () => {
      const written = async (bytes: string | Buffer) => {
        await writeFile(join(folder.path, 'given'), bytes)
        return join(folder.path, 'given')
      }
      const refusal = async (file: string | null) => Object(await failure(local(file)))
      expect(await refusal(null)).to.include({ name: 'PermanentError', code: 'recording-not-found' })
      expect(await refusal(join(folder.path, 'nowhere.wav'))).to.include({ code: 'recording-not-found' })
      expect(await refusal(folder.path)).to.include({ code: 'recording-not-found' })
      expect(await refusal(await written(''))).to.include({ name: 'PermanentError', code: 'recording-empty' })
      expect(await refusal(await written('{"a":1}'))).to.include({ code: 'recording-not-audio' })
      const cutShort = await refusal(await written(DUAL.subarray(0, 10_000)))
      expect(cutShort).to.include({ name: 'PermanentError', code: 'recording-truncated' })
    })
  })

  it('tries again later where the disk is full, and leaves nothing on it', async function () {
    const result = await onSmallDisk(folder.path, 64 * 1024, async () => {
      expect(await failure(store())).to.include({ name: 'RetryableError', code: 'disk-full' })
      expect(await files()).to.deep.equal([])
    })
    if (result === 'unmountable') skipWithout(this, 'a small disk cannot be mounted without root')
  })

  it('says what to do where it may not write', async () => {
    await writeFile(join(folder.path, 'a-file'), '')
    const options = { dir: join(folder.path, 'a-file', 'recordings') }
    expect(await failure(store({ options }))).to.include({ name: 'UnavailableError' })
  })

  it('opens no key that it did not make', async () => {
    const driver = filesystem.create(options(), testServices())
    await writeFile(join(folder.path, 'secret'), 'secret')
    for (const key of ['../secret', 'secret', `local/../secret`, `local/${SID}.wav/../../secret`]) {
      const error = await failure(driver.open(sampleRecording({ key })).then(({ stream }) => buffer(stream)))
      expect(error, key).to.include({ code: 'recording-not-found' })
    }
  })
})
