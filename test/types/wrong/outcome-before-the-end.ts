import { defineDriver, summarize, Type } from 'aftercall'

export default defineDriver(summarize, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    async run(input) {
      // expected error: Property 'outcome' does not exist
      return { text: input.outcome.status, language: null }
    },
  }),
})
