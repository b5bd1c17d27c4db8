import {
  defineDriver,
  extract,
  type Fields,
  type Receipt,
  settle,
  skip,
  stt,
  summarize,
  webhook,
  webhookEvent,
  webhookId,
} from 'aftercall'
import {
  extractConformance,
  sampleCall,
  sampleFinalInput,
  sampleRecording,
  sampleTranscript,
  sttConformance,
  summarizeConformance,
  webhookConformance,
} from 'aftercall/testing'
import { Type } from 'typebox'

/** The smallest honest driver of each contract passes its suite. */
const none = Type.Object({}, { additionalProperties: false })

const hangs = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

let reached: () => void = () => {}

sttConformance({
  name: 'stt/echo',
  definition: defineDriver(stt, {
    description: 'Pretends to have heard something',
    options: Type.Object(
      { hang: Type.Boolean({ default: false, description: 'never answers' }) },
      {
        additionalProperties: false,
      },
    ),
    create: ({ hang }) => ({
      async run({ recording }, { signal }) {
        signal.throwIfAborted()
        reached()
        if (hang) await hangs(signal)
        return recording?.durationSec === 0 ? settle('no_speech', 'it is silent') : sampleTranscript()
      },
    }),
  }),
  input: () => ({ call: sampleCall(), recording: sampleRecording() }),
  silentInput: () => ({ call: sampleCall(), recording: sampleRecording({ durationSec: 0 }) }),
  stalled: () => ({
    options: { hang: true },
    reached: new Promise<void>((resolve) => {
      reached = resolve
    }),
  }),
})

summarizeConformance({
  name: 'summarize/first-line',
  definition: defineDriver(summarize, {
    description: 'Takes the first line for the summary',
    options: none,
    create: () => ({
      async run({ transcript }, { signal }) {
        signal.throwIfAborted()
        return { text: transcript.text.split('\n')[0] ?? transcript.text, language: transcript.language }
      },
    }),
  }),
  input: () => ({ call: sampleCall(), transcript: sampleTranscript() }),
})

extractConformance({
  name: 'extract/haifa',
  fields: ['city'],
  definition: defineDriver(extract, {
    description: 'Knows one city',
    options: none,
    create: () => ({
      async run({ transcript }, { signal }): Promise<Fields> {
        signal.throwIfAborted()
        const found = transcript.text.includes('Haifa') ? 'Haifa' : null
        return { values: { city: { value: found, raw: found, evidence: found, problem: null } } }
      },
    }),
  }),
  input: () => ({ call: sampleCall(), transcript: sampleTranscript() }),
  unrelatedInput: () => ({ call: sampleCall(), transcript: sampleTranscript({ text: 'Good morning.' }) }),
})

webhookConformance({
  name: 'webhook/nowhere',
  definition: defineDriver(webhook, {
    description: 'Delivers to nobody',
    options: Type.Object(
      { url: Type.String({ default: '', description: 'where to' }) },
      {
        additionalProperties: false,
      },
    ),
    create: ({ url }) => ({
      async run(input, { signal }) {
        signal.throwIfAborted()
        const event = webhookEvent(input)
        if (event === undefined) return skip('this outcome has no event')
        if (url === '') return skip('no endpoint')
        const receipt: Receipt = {
          webhookId: webhookId(input.run, event.type, url),
          event: event.type,
          endpoint: url,
          status: 200,
          answer: '',
        }
        return receipt
      },
    }),
  }),
  options: () => ({ url: 'https://example.com/hook' }),
  optionsWithoutEndpoint: () => ({}),
  input: () => sampleFinalInput(),
})
