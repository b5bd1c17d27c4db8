import { defineDriver, summarize, Type } from 'aftercall'

export default defineDriver(summarize, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    async run(_input, { once }) {
      // expected error: Type 'Promise<Date>' is not assignable
      const at = await once('at', async () => new Date())
      return { text: String(at), language: null }
    },
  }),
})
