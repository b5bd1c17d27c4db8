import { defineDriver, stt, Type } from 'aftercall'

export default defineDriver(stt, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    // expected error: Property 'segments' is missing
    run: async () => ({ text: 'hello', language: 'en' }),
  }),
})
