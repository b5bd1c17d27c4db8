import type { AnswerSchema } from '../_openai/chat.ts'
import type { DeclaredField } from './_fields/declaration.ts'

/** Source: https://platform.openai.com/docs/guides/structured-outputs, "limitations on enum size". */
const MAX_ENUM_VALUES = 1_000
const LARGE_ENUM = 250
const MAX_LARGE_ENUM_CHARACTERS = 15_000

export interface ExtractionForm {
  readonly answer: AnswerSchema
  /** Fields whose vocabulary found no room in the schema: it has to be told in words. */
  readonly untold: readonly DeclaredField[]
}

/**
 * A strict schema: for each field a nullable value and a nullable quote. Vocabularies become enums while there is
 * room for them, in the order of declaration.
 */
export function extractionForm(fields: readonly DeclaredField[]): ExtractionForm {
  let room = MAX_ENUM_VALUES
  const untold: DeclaredField[] = []
  const properties = fields.map((field) => {
    const fits = field.vocabulary.length + 1 <= room && !isTooLong(field.vocabulary)
    const asEnum = field.type === 'string' && field.vocabulary.length > 0 && fits
    if (asEnum) room -= field.vocabulary.length + 1
    else if (field.vocabulary.length > 0) untold.push(field)
    return [field.name, entrySchema(field, asEnum ? enumSchema(field) : plainSchema(field))] as const
  })
  return { answer: { name: 'fields', schema: strictObject(Object.fromEntries(properties)) }, untold }
}

type Schema = Readonly<Record<string, unknown>>

function entrySchema(field: DeclaredField, value: Schema): Schema {
  return strictObject(
    {
      value: { ...value, description: 'null where it was not said' },
      evidence: { type: ['string', 'null'], description: 'the words of the transcript that say so, copied exactly' },
    },
    description(field),
  )
}

function enumSchema({ vocabulary, open }: DeclaredField): Schema {
  if (!open) return { type: ['string', 'null'], enum: [...vocabulary, null] }
  const known = { type: 'string', enum: [...vocabulary], description: 'one of these, however it was put' }
  const other = { type: 'string', description: 'anything else, as it was said' }
  return { anyOf: [known, other, { type: 'null' }] }
}

const TYPES: Readonly<Record<DeclaredField['type'], string>> = {
  string: 'string',
  number: 'number',
  boolean: 'boolean',
  date: 'string',
}

function plainSchema({ type }: DeclaredField): Schema {
  return { type: [TYPES[type], 'null'] }
}

function description(field: DeclaredField): string {
  const aliases = Object.entries(field.aliases).map(([word, others]) => `${others.join(', ')} = ${word}`)
  return [
    field.description || field.name,
    ...(field.type === 'date' ? ['A date, as YYYY-MM-DD.'] : []),
    ...(aliases.length > 0 ? [`Other words: ${aliases.join('; ')}.`] : []),
  ].join('. ')
}

function strictObject(properties: Schema, description?: string): Schema {
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
}

function isTooLong(values: readonly string[]): boolean {
  const characters = values.reduce((sum, value) => sum + value.length, 0)
  return values.length >= LARGE_ENUM && characters > MAX_LARGE_ENUM_CHARACTERS
}
