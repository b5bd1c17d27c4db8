/**
 * Drivers that break their contract, each in its own way, under the suites that must notice. Run by
 * broken-drivers.test.ts in a mocha of its own; the name of each driver begins with the title of a test that fails.
 */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AttemptContext, type Driver, defineDriver, settle, stt, Type, transcode } from 'aftercall'
import {
  fileMedia,
  sampleCall,
  sampleRecording,
  sampleTranscript,
  sttConformance,
  transcodeConformance,
} from 'aftercall/testing'

const none = Type.Object({}, { additionalProperties: false })
const input = () => ({ call: sampleCall(), recording: sampleRecording() })

type Run = Driver<typeof stt>['run']

function sttThat(run: Run) {
  return defineDriver(stt, { description: 'Breaks its contract', options: none, create: () => ({ run }) })
}

const decent: Run = async (_, { signal }) => {
  signal.throwIfAborted()
  return sampleTranscript()
}

sttConformance({
  name: 'describes itself',
  definition: defineDriver(stt, {
    options: Type.Object({ model: Type.String({ default: 'm' }) }),
    create: () => ({ run: decent }),
  }),
  input,
})

sttConformance({
  name: 'does not start',
  definition: sttThat(async () => sampleTranscript()),
  input,
})

sttConformance({
  name: 'produces transcript',
  definition: sttThat(async (_, { signal }) => {
    signal.throwIfAborted()
    return sampleTranscript({ text: '' })
  }),
  input,
})

sttConformance({
  name: 'puts all speakers',
  definition: sttThat(async (_, { signal }) => {
    signal.throwIfAborted()
    return sampleTranscript({ segments: [...sampleTranscript().segments].reverse() })
  }),
  input,
})

sttConformance({
  name: 'says nothing of what was said',
  definition: sttThat(async (given, context) => {
    context.logger.info(sampleTranscript().text)
    return await decent(given, context)
  }),
  input,
})

sttConformance({
  name: 'settles no_speech',
  definition: sttThat(decent),
  input,
  silentInput: input,
})

const waiting = Promise.withResolvers<void>()

sttConformance({
  name: 'gives up waiting',
  definition: sttThat(async (given, context) => {
    const heard = await decent(given, context)
    if (given.recording?.key === 'never-ending') {
      waiting.resolve()
      await once(context.signal, 'abort')
    }
    return heard
  }),
  input,
  stalled: () => ({
    input: { call: sampleCall(), recording: sampleRecording({ key: 'never-ending' }) },
    reached: waiting.promise,
  }),
})

sttConformance({
  name: 'may be run twice',
  definition: defineDriver(stt, {
    description: 'Works once',
    options: none,
    create() {
      let used = false
      return {
        async run(given, context) {
          if (used) return settle('no_speech', '')
          used = true
          return await decent(given, context)
        },
      }
    },
  }),
  input,
})

sttConformance({
  name: 'logs no secret',
  definition: defineDriver(stt, {
    description: 'Tells its key',
    options: Type.Object({ apiKey: Type.String({ description: 'key' }) }, { additionalProperties: false }),
    create: ({ apiKey }) => ({
      async run(given, context) {
        context.logger.debug({ headers: { authorization: `Bearer ${apiKey}` } }, 'asking')
        return await decent(given, context)
      },
    }),
  }),
  options: () => ({ apiKey: 'sk-very-secret' }),
  input,
})

function transcodeThat(fileOf: (context: AttemptContext) => string, bytes: string) {
  return defineDriver(transcode, {
    description: 'Breaks its contract',
    options: none,
    create: () => ({
      async run(_, context) {
        context.signal.throwIfAborted()
        const file = fileOf(context)
        await writeFile(join(context.workdir, 'track.wav'), bytes)
        return {
          tracks: [{ file, channel: null, speaker: 'unknown' as const }],
          mediaType: 'audio/wav',
          sampleRate: 16_000,
          durationSec: 1,
          converted: true,
        }
      },
    }),
  })
}

for (const [name, fileOf] of [
  ['produces audio: absolute', ({ workdir }) => join(workdir, 'track.wav')],
  ['produces audio: outside', () => '../track.wav'],
  ['produces audio: missing', () => 'other.wav'],
  ['says `converted` only', () => 'track.wav'],
  ['refuses for good', () => 'track.wav'],
] satisfies readonly (readonly [string, (context: AttemptContext) => string])[]) {
  transcodeConformance({
    name,
    definition: transcodeThat(fileOf, 'RIFF....WAVEfmt and so on, but no format that was promised'),
    services: () => ({ media: fileMedia() }),
    input,
  })
}
