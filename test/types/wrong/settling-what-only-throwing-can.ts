import { defineDriver, settle, stt, Type } from 'aftercall'

export default defineDriver(stt, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    // expected error: Argument of type '"failed"' is not assignable
    run: async () => settle('failed', 'no luck'),
  }),
})
