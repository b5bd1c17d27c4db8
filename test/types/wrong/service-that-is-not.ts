import { defineDriver, summarize, Type } from 'aftercall'

export default defineDriver(summarize, {
  options: Type.Object({}, { additionalProperties: false }),
  // expected error: Property 'database' does not exist
  create: (_options, { database }) => ({
    run: async () => ({ text: String(database), language: null }),
  }),
})
