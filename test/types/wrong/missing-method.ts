import { defineDriver, recordingStore, Type } from 'aftercall'

export default defineDriver(recordingStore, {
  options: Type.Object({}, { additionalProperties: false }),
  // expected error: Property 'delete' is missing
  create: (_options, services) => ({
    run: async () => {
      throw new Error('full')
    },
    open: services.media.open,
  }),
})
