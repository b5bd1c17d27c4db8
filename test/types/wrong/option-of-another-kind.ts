import { defineDriver, summarize, Type } from 'aftercall'

export default defineDriver(summarize, {
  options: Type.Object({ words: Type.Integer({ default: 50 }) }, { additionalProperties: false }),
  create: ({ words }) => ({
    // expected error: Type 'number' is not assignable to type 'string'
    run: async () => ({ text: words, language: null }),
  }),
})
