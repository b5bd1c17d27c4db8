import { defineDriver, summarize, Type } from 'aftercall'

export default defineDriver(summarize, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    // expected error: Type 'Promise<string>' is not assignable
    run: async () => 'a summary',
  }),
})
