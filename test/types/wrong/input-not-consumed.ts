import { defineDriver, summarize, Type } from 'aftercall'

export default defineDriver(summarize, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    // expected error: Property 'recording' does not exist
    async run({ transcript, recording }) {
      return { text: `${transcript.text} ${recording}`, language: null }
    },
  }),
})
