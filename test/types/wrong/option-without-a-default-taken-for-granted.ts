import { defineDriver, summarize, Type } from 'aftercall'

export default defineDriver(summarize, {
  options: Type.Object({ tone: Type.Optional(Type.String()) }, { additionalProperties: false }),
  create: ({ tone }) => ({
    // expected error: 'tone' is possibly 'undefined'
    run: async () => ({ text: tone.trim(), language: null }),
  }),
})
