import { defineDriver, extract, RetryableError, Type } from 'aftercall'
import { askForJson, chatOptions } from '../_openai/chat.ts'
import { connectionOptions } from '../_openai/connection.ts'
import { openAi } from '../_openai/provider.ts'
import { extractionForm } from './_answer-schema.ts'
import { checkedFields } from './_fields/check.ts'
import { declaredFields, fieldsOption } from './_fields/declaration.ts'
import { extractionInstructions } from './_prompt.ts'

const options = Type.Object(
  {
    fields: fieldsOption,
    ...chatOptions,
    language: Type.String({
      default: '',
      description: 'BCP 47 tag of the language of free text; empty: the business’s, else that of the call',
    }),
    ...connectionOptions,
  },
  { additionalProperties: false },
)

export default defineDriver(extract, {
  description: 'Extracts with a language model of OpenAI or a compatible server, and checks every value',
  options,
  create: ({ fields, model, reasoningEffort, language, apiKey, baseUrl }) => {
    const provider = openAi({ apiKey, baseUrl })
    return {
      async run({ call, transcript }, { signal, usage }) {
        const declared = declaredFields(fields, call)
        const { answer, untold } = extractionForm(declared)
        const instructions = extractionInstructions(call, untold, language || call.business?.language || null)
        const question = { model, reasoningEffort, instructions, material: transcript.text }
        const given = await askForJson(provider, question, answer, { signal, usage })
        if (typeof given !== 'object' || given === null || Array.isArray(given)) {
          throw new RetryableError('the model answered no object', { code: 'provider-answer' })
        }
        return checkedFields(declared, { ...given }, transcript)
      },
      check: () => provider.check(),
      close: () => provider.close(),
    }
  },
})
