import { defineDriver, summarize, Type } from 'aftercall'

export default defineDriver(summarize, {
  options: Type.Object({ model: Type.String() }, { additionalProperties: false }),
  // expected error: Property 'modle' does not exist
  create: ({ modle }) => ({
    run: async () => ({ text: String(modle), language: null }),
  }),
})
