import { defineDriver, extract, Type } from 'aftercall'
import { nothing } from './_fields/check.ts'
import { type DeclaredField, declaredFields, fieldsOption } from './_fields/declaration.ts'
import { vocabularyOf } from './_fields/vocabulary.ts'

const options = Type.Object({ fields: fieldsOption }, { additionalProperties: false })

export default defineDriver(extract, {
  description: 'Finds the words of the vocabulary in the transcript, without a language model; the last mention counts',
  options,
  create: ({ fields }) => ({
    async run({ call, transcript }, { signal }) {
      signal.throwIfAborted()
      const spoken = transcript.segments.length > 0 ? transcript.segments : [transcript]
      const text = spoken.map((part) => part.text).join('\n')
      const values = declaredFields(fields, call).map((field) => [field.name, found(field, text)])
      return { values: Object.fromEntries(values) }
    },
  }),
})

function found(field: DeclaredField, text: string) {
  if (field.type !== 'string' || field.vocabulary.length === 0) {
    return nothing('only text with a vocabulary can be found without a language model')
  }
  const mention = vocabularyOf(field).lastMention(text)
  if (mention === undefined) return nothing(null)
  return { value: mention.word, raw: mention.said, evidence: mention.sentence, problem: null }
}
