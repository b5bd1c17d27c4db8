import { defineDriver, summarize, Type } from 'aftercall'
import { askForText, chatOptions } from '../_openai/chat.ts'
import { connectionOptions } from '../_openai/connection.ts'
import { openAi } from '../_openai/provider.ts'
import { summaryInstructions } from './_prompt.ts'

const options = Type.Object(
  {
    ...chatOptions,
    language: Type.String({
      default: '',
      description: 'BCP 47 tag of the language to write in, for businesses that have none; empty: that of the call',
    }),
    sentences: Type.Integer({ default: 4, minimum: 1, maximum: 20, description: 'Sentences at most' }),
    ...connectionOptions,
  },
  { additionalProperties: false },
)

export default defineDriver(summarize, {
  description: 'Summarises with a language model of OpenAI or a compatible server',
  options,
  create: ({ model, reasoningEffort, language, sentences, apiKey, baseUrl }) => {
    const provider = openAi({ apiKey, baseUrl })
    return {
      async run({ call, transcript }, { signal, usage }) {
        const wanted = call.business?.language || language || null
        const question = {
          model,
          reasoningEffort,
          instructions: summaryInstructions(wanted, sentences),
          material: transcript.text,
        }
        const text = await askForText(provider, question, { signal, usage })
        return { text, language: wanted ?? transcript.language }
      },
      check: () => provider.check(),
      close: () => provider.close(),
    }
  },
})
