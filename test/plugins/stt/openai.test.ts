import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  type Audio,
  type InputOf,
  type JsonValue,
  type Media,
  PermanentError,
  Settle,
  type stt,
  type Usage,
} from 'aftercall'
import {
  artifactOf,
  fileMedia,
  runAttempt,
  sampleBusiness,
  sampleCall,
  sampleRecording,
  sttConformance,
} from 'aftercall/testing'
import { expect } from 'chai'
import openai from '../../../plugins/stt/openai.ts'
import {
  type OpenAiSandbox,
  scriptTranscripts,
  startOpenAiSandbox,
  type Upload,
} from '../../../sandbox/openai/index.ts'
import { failureOf } from '../_openai/failure.ts'
import { providerFaults } from '../_openai/provider-faults.ts'
import { wav } from '../_openai/wav.ts'

describe('stt/openai', () => {
  let directory: string
  let sandbox: OpenAiSandbox
  const apiKey = 'sk-test-key-of-this-suite'

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'aftercall-stt-'))
    sandbox = await startOpenAiSandbox({
      apiKey,
      transcripts: scriptTranscripts([
        { speaker: 'agent', text: 'Good morning, how can I help you?' },
        { speaker: 'customer', text: 'I need a plumber in Haifa.' },
      ]),
    })
    await writeFile(join(directory, 'customer.wav'), wav(3))
    await writeFile(join(directory, 'agent.wav'), wav(3))
    await writeFile(join(directory, 'silence.wav'), wav(3, 16_000, 0))
    await writeFile(join(directory, 'long.wav'), wav(25))
  })
  afterEach(() => sandbox.faults.clear())
  after(async () => {
    await sandbox.close()
    await rm(directory, { recursive: true })
  })

  const track = (name: string, speaker: Audio['tracks'][number]['speaker'], channel = 0) => ({
    file: join(directory, name),
    channel,
    speaker,
  })
  const audio = (...tracks: Audio['tracks']): Audio => ({
    tracks,
    mediaType: 'audio/wav',
    sampleRate: 16_000,
    durationSec: 3,
    converted: true,
  })
  const both = (): Audio => audio(track('customer.wav', 'customer', 0), track('agent.wav', 'agent', 1))
  const input = (heard: Audio, call = sampleCall()): InputOf<typeof stt> => ({ call, audio: heard })
  const options = () => ({ apiKey, baseUrl: sandbox.url })
  /** The uploads that `work` led to. */
  const uploadsOf = async (work: () => Promise<unknown>): Promise<readonly Upload[]> => {
    const before = sandbox.requests.length
    await work()
    return sandbox.requests.slice(before).flatMap((seen) => (seen.route === 'transcriptions' ? [seen.upload] : []))
  }

  sttConformance({
    name: 'stt/openai',
    definition: openai,
    options,
    input: () => input(both()),
    silentInput: () => input(audio(track('silence.wav', 'customer'))),
    stalled: async () => {
      sandbox.faults.always('transcriptions', { kind: 'hang' })
      const before = sandbox.requests.length
      const reached = (async () => {
        while (sandbox.requests.length === before) await new Promise(setImmediate)
      })()
      return { options: options(), reached }
    },
  })

  providerFaults({
    route: 'transcriptions',
    attempt: (connection, overrides) => runAttempt(openai, connection, input(both()), overrides),
  })

  it('puts both speakers into one transcript, with their names', async () => {
    const transcript = artifactOf(await runAttempt(openai, options(), input(both())))
    expect(transcript.text).to.equal('Customer: I need a plumber in Haifa.\nAgent: Good morning, how can I help you?')
    expect(transcript.language).to.equal('en')
    expect(transcript.segments).to.deep.equal([
      { start: 0, end: 3, speaker: 'customer', text: 'I need a plumber in Haifa.' },
      { start: 0, end: 3, speaker: 'agent', text: 'Good morning, how can I help you?' },
    ])
  })

  it('asks nobody where nothing is to be heard', async () => {
    let output: unknown
    const heard = audio(track('silence.wav', 'customer'), track('silence.wav', 'agent', 1))
    const uploads = await uploadsOf(async () => {
      output = await runAttempt(openai, options(), input(heard))
    })
    expect(uploads).to.deep.equal([])
    expect(output).to.be.instanceOf(Settle).with.property('outcome', 'no_speech')
  })

  it('sends only the track on which something is to be heard', async () => {
    const heard = audio(track('silence.wav', 'customer'), track('agent.wav', 'agent', 1))
    const uploads = await uploadsOf(() => runAttempt(openai, options(), input(heard)))
    expect(uploads.map(({ fileName }) => fileName)).to.deep.equal(['agent-1.wav'])
  })

  it('settles no_speech, never an empty transcript, where the model hears no words', async () => {
    sandbox.faults.always('transcriptions', { kind: 'text', text: '  \n' })
    const output = await runAttempt(openai, options(), input(both()))
    expect(output).to.be.instanceOf(Settle).with.property('outcome', 'no_speech')
  })

  it('takes an answer that repeats the prompt for silence', async () => {
    sandbox.faults.always('transcriptions', { kind: 'text', text: 'A call to a handyman!' })
    const prompt = 'A call to a handyman.'
    const output = await runAttempt(openai, { ...options(), prompt }, input(both()))
    expect(output).to.be.instanceOf(Settle)
  })

  it('cuts what is too long, and puts the slices back in order', async () => {
    const texts = ['one', 'two', 'three']
    const server = await startOpenAiSandbox({
      transcripts: ({ fileName }) => texts[Number(/\d+/.exec(fileName)?.[0]) - 1] ?? '?',
    })
    try {
      const given = { apiKey, baseUrl: server.url, maxSliceSec: 10 }
      const output = artifactOf(await runAttempt(openai, given, input(audio(track('long.wav', 'unknown')))))
      expect(output.text).to.equal('one\ntwo\nthree')
      expect(output.segments.map(({ start }) => Math.round(start))).to.deep.equal([0, 8, 17])
      expect(output.segments.at(-1)?.end).to.equal(25)
    } finally {
      await server.close()
    }
  })

  it('does not send again what an earlier attempt has sent', async () => {
    const kept = new Map<string, JsonValue>()
    const given = { ...options(), maxSliceSec: 10, parallel: 1 }
    const long = input(audio(track('long.wav', 'unknown')))
    const before = sandbox.requests.length
    sandbox.faults.next('transcriptions', { kind: 'text', text: 'first' })
    sandbox.faults.next('transcriptions', { kind: 'text', text: 'second' })
    sandbox.faults.next('transcriptions', { kind: 'status', status: 500 })
    await failureOf(runAttempt(openai, given, long, { kept }))
    expect(sandbox.requests).to.have.lengthOf(before + 3)
    sandbox.faults.next('transcriptions', { kind: 'text', text: 'third' })
    const output = artifactOf(await runAttempt(openai, given, long, { kept, attempt: 2 }))
    expect(output.text).to.equal('first\nsecond\nthird')
    expect(sandbox.requests).to.have.lengthOf(before + 4)
  })

  it('tells gpt-transcribe languages and keywords, in the language of the business', async () => {
    const given = { ...options(), language: 'en', keywords: ['Haifa'] }
    const call = sampleCall({ business: sampleBusiness({ language: 'he-IL' }) })
    let output: unknown
    const [upload] = await uploadsOf(async () => {
      output = await runAttempt(openai, given, input(both(), call))
    })
    expect(upload).to.deep.include({ languages: ['he'], keywords: ['Haifa'] })
    expect(output).to.have.property('language', 'he-IL')
  })

  it('tells other models one language, and the keywords within the prompt', async () => {
    const given = { ...options(), model: 'gpt-4o-transcribe', language: 'en', prompt: 'A call.', keywords: ['Haifa'] }
    const [upload] = await uploadsOf(() => runAttempt(openai, given, input(both())))
    expect(upload).to.deep.include({ languages: ['en'], keywords: [], prompt: 'A call. Haifa' })
  })

  it('leaves out a language that is none', async () => {
    const call = sampleCall({ business: sampleBusiness({ language: 'klingon!' }) })
    const [upload] = await uploadsOf(() => runAttempt(openai, options(), input(both(), call)))
    expect(upload?.languages).to.deep.equal([])
  })

  it('says what it used', async () => {
    const used: Usage[] = []
    const usage = (part: Usage) => void used.push(part)
    await runAttempt(openai, options(), input(both()), { usage })
    expect(used).to.deep.equal([
      { model: 'gpt-transcribe', audioSeconds: 3 },
      { model: 'gpt-transcribe', audioSeconds: 3 },
    ])
    await runAttempt(openai, { ...options(), model: 'gpt-4o-transcribe' }, input(both()), { usage })
    expect(used.at(-1)).to.include({ audioSeconds: 3, inputTokens: 30 })
  })

  describe('without a transcode stage', () => {
    const recorded = (key: string, more: Partial<ReturnType<typeof sampleRecording>> = {}) => ({
      call: sampleCall(),
      recording: sampleRecording({ key: join(directory, key), ...more }),
    })
    const services = { media: fileMedia() }

    it('sends the recording as it is', async () => {
      let output: unknown
      const uploads = await uploadsOf(async () => {
        output = await runAttempt(openai, options(), recorded('customer.wav'), { services })
      })
      expect(uploads.map(({ fileName, seconds }) => [fileName, seconds])).to.deep.equal([['unknown-1.wav', 3]])
      expect(output).to.have.property('text', 'Good morning, how can I help you? I need a plumber in Haifa.')
    })

    it('sends what is no WAV under the name that its bytes deserve', async () => {
      await writeFile(join(directory, 'song.wav'), Buffer.concat([Buffer.from('ID3'), Buffer.alloc(1_000)]))
      const [upload] = await uploadsOf(() => runAttempt(openai, options(), recorded('song.wav'), { services }))
      expect(upload).to.include({ fileName: 'unknown-1.mp3', bytes: 1_003 })
    })

    it('refuses what is no audio', async () => {
      await writeFile(join(directory, 'error.wav'), '<?xml version="1.0"?><TwilioResponse/>')
      const error = await failureOf(runAttempt(openai, options(), recorded('error.wav'), { services }))
      expect(error).to.be.instanceOf(PermanentError)
      expect(error).to.include({ code: 'recording-not-audio' })
    })

    for (const total of [30_000_000, null]) {
      it(`refuses more than fits into one request, ${total === null ? 'of unknown' : 'of known'} length`, async () => {
        let sent = 0
        const endless = Readable.from(
          (function* () {
            for (;;) {
              sent += 1_000_000
              yield Buffer.alloc(1_000_000)
            }
          })(),
        )
        const media: Media = { ...services.media, open: async () => ({ stream: endless, total }) }
        const error = await failureOf(runAttempt(openai, options(), recorded('x'), { services: { media } }))
        expect(error).to.be.instanceOf(PermanentError)
        expect(error).to.have.property('remedy').that.contains('transcode')
        expect(endless.destroyed).to.equal(true)
        expect(sent).to.be.below(60_000_000)
      })
    }
  })
})
