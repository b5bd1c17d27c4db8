import { defineDriver, summarize } from 'aftercall'

// expected error: Property 'options' is missing
export default defineDriver(summarize, {
  create: () => ({ run: async () => ({ text: 'a', language: null }) }),
})
