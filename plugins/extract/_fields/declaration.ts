import { type Call, type Static, Type } from 'aftercall'

const declarationSchema = Type.Object(
  {
    description: Type.String({ default: '', description: 'What it is, in words: for language models' }),
    type: Type.Union([Type.Literal('string'), Type.Literal('number'), Type.Literal('boolean'), Type.Literal('date')], {
      default: 'string',
      description: 'Kind of value; a date is YYYY-MM-DD',
    }),
    vocabulary: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'The words that the value may be; empty: any',
    }),
    aliases: Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 })), {
      default: {},
      description: 'Other words for those of the vocabulary, by the word that they mean',
    }),
    open: Type.Boolean({
      default: false,
      description: 'Whether a value outside the vocabulary is kept as it was said; otherwise it is dropped',
    }),
  },
  { additionalProperties: false },
)

/** The option `fields`, shared by the drivers of `extract`. Required: a stage without fields is a mistake. */
export const fieldsOption = Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }), declarationSchema, {
  minProperties: 1,
  additionalProperties: false,
  description: 'What to extract, by name (letters, digits, `_`); `city` and `service` have columns of their own',
})

export type FieldsOption = Static<typeof fieldsOption>

/** A field as one call needs it. */
export interface DeclaredField {
  readonly name: string
  readonly description: string
  readonly type: 'string' | 'number' | 'boolean' | 'date'
  /** In the spelling that values get; each word once. */
  readonly vocabulary: readonly string[]
  readonly aliases: Readonly<Record<string, readonly string[]>>
  /** Without a vocabulary every field is open. */
  readonly open: boolean
}

/** The declared fields, with the words that the call's business adds. */
export function declaredFields(option: FieldsOption, call: Call): readonly DeclaredField[] {
  return Object.entries(option).map(([name, { vocabulary, open, ...field }]) => {
    const added = Object.entries(call.business?.vocabulary ?? {}).find(([field]) => field === name)?.[1] ?? []
    const words = [...new Set([...vocabulary, ...added])]
    return { name, ...field, vocabulary: words, open: open || words.length === 0 }
  })
}
