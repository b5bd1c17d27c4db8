import { Readable } from 'node:stream'
import {
  defineDriver,
  PermanentError,
  type Recording,
  recordingStore,
  settle,
  skip,
  stt,
  Type,
  webhook,
  webhookEvent,
} from 'aftercall'

const none = Type.Object({}, { additionalProperties: false })

export const speech = defineDriver(stt, {
  options: none,
  create: () => ({
    async run(input) {
      if (input.audio === undefined) return settle('no_speech', `${input.recording.mediaType} is silent`)
      const [track] = input.audio.tracks
      if (track === undefined) throw new PermanentError('there is no track')
      return { text: track.file, language: null, segments: [{ start: 0, end: 1, speaker: 'agent', text: 'a' }] }
    },
  }),
})

export const store = defineDriver(recordingStore, {
  options: none,
  create: () => ({
    run: async (): Promise<Recording> => {
      throw new PermanentError('it is full')
    },
    open: async (_recording, range) => ({ stream: Readable.from([]), total: range?.end ?? null }),
    delete: async () => {},
  }),
})

export const hook = defineDriver(webhook, {
  options: none,
  create: () => ({
    async run(input) {
      const event = webhookEvent(input)
      if (event === undefined) return skip(`${input.outcome.status} is not told`)
      const { text } = input.artifacts.get(stt.produces) ?? { text: '' }
      return { webhookId: text, event: event.type, endpoint: '', status: 200, answer: '' }
    },
  }),
})
