import { defineDriver, summarize, Type } from 'aftercall'

const options = Type.Object(
  {
    fault: Type.Enum(
      ['wrong-shape', 'string', 'null', 'nothing', 'ignores-abort', 'hangs-in-close', 'fails-in-close'],
      {
        description: 'What this driver does wrong',
      },
    ),
  },
  { additionalProperties: false },
)

/** A driver as no author should write it. */
export default defineDriver(summarize, {
  options,
  create: ({ fault }) => ({
    async run({ transcript }) {
      if (fault === 'wrong-shape') return JSON.parse('{ "words": 3 }')
      if (fault === 'nothing') return JSON.parse('null')
      if (fault === 'string') throw 'no luck'
      if (fault === 'null') throw null
      if (fault === 'ignores-abort') return await new Promise<never>(() => {})
      return { text: transcript.text }
    },
    async close() {
      if (fault === 'hangs-in-close') await new Promise(() => {})
      if (fault === 'fails-in-close') throw new Error('the door is stuck')
    },
  }),
})
