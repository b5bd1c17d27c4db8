import { defineDriver, stt, Type } from 'aftercall'

export default defineDriver(stt, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    async run({ audio }) {
      // expected error: 'audio' is possibly 'undefined'
      return { text: audio.mediaType, language: null, segments: [] }
    },
  }),
})
