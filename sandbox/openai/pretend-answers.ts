import { isSchema, type JsonSchema } from './strict-schema.ts'

/**
 * Where the pretence stands: no language model is here. What a schema asks for is looked up in the words of the
 * transcript, literally: a value of an enum is "found" when its words stand there. A real model understands; this one
 * finds just enough to show the way of the data.
 */
export function pretendStructured(schema: JsonSchema, transcript: string): unknown {
  return valueFor(schema, transcript, firstMention(enumValues(schema), transcript))
}

/** A "summary": the first words of the first turns, without the names of the speakers. */
export function pretendSummary(transcript: string): string {
  const spoken = transcript
    .replace(/^[\p{L} ]{1,20}:\s*/gmu, '')
    .replace(/\s+/g, ' ')
    .trim()
  const sentences = [...new Intl.Segmenter('und', { granularity: 'sentence' }).segment(spoken)]
  const text = sentences
    .slice(0, SENTENCES)
    .map(({ segment }) => segment.trim())
    .join(' ')
  return text === '' ? 'Nothing was said.' : text
}

const SENTENCES = 3
const QUOTE = /evidence|quote/i

interface Mention {
  readonly value: string
  /** The words of the transcript around it, up to the ends of its sentence. */
  readonly quote: string
}

function valueFor(schema: JsonSchema, transcript: string, mention: Mention | undefined): unknown {
  if (schema['type'] === 'object') return objectFor(schema, transcript)
  if (schema['type'] === 'array') return []
  const values = enumValues(schema)
  if (mention !== undefined && values.includes(mention.value)) return mention.value
  if (isNullable(schema)) return null
  if (values.length > 0) return values[0]
  return PLAIN[typesOf(schema)[0] ?? 'string'] ?? null
}

const PLAIN: Readonly<Record<string, unknown>> = { string: '', number: 0, integer: 0, boolean: false }

/** Properties are answered one by one; one called evidence or quote is answered with the words that were found. */
function objectFor(schema: JsonSchema, transcript: string): unknown {
  const properties = isSchema(schema['properties']) ? Object.entries(schema['properties']) : []
  const mention = firstMention(
    properties.flatMap(([, child]) => (isSchema(child) ? enumValues(child) : [])),
    transcript,
  )
  return Object.fromEntries(
    properties.map(([name, child]) => {
      if (!isSchema(child)) return [name, null]
      if (QUOTE.test(name) && mention !== undefined) return [name, mention.quote]
      return [name, valueFor(child, transcript, mention)]
    }),
  )
}

/** The words that an enum of this schema admits; those of an object's properties are not its own. */
function enumValues(schema: JsonSchema): readonly string[] {
  const own = Array.isArray(schema['enum']) ? schema['enum'] : []
  const inner = alternatives(schema).flatMap((alternative) => enumValues(alternative))
  return [...own.filter((value) => typeof value === 'string'), ...inner]
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return Array.isArray(schema['anyOf']) ? schema['anyOf'].filter(isSchema) : []
}

function typesOf(schema: JsonSchema): readonly string[] {
  const type = schema['type']
  const own = Array.isArray(type) ? type : [type]
  return [...own.filter((one) => typeof one === 'string'), ...alternatives(schema).flatMap(typesOf)]
}

function isNullable(schema: JsonSchema): boolean {
  return typesOf(schema).includes('null')
}

function firstMention(values: readonly string[], transcript: string): Mention | undefined {
  const text = transcript.toLowerCase()
  const found = values
    .map((value) => ({ value, at: text.indexOf(value.toLowerCase()) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at || b.value.length - a.value.length)[0]
  if (found === undefined) return undefined
  const end = found.at + found.value.length
  return {
    value: found.value,
    quote: transcript.slice(sentenceStart(transcript, found.at), sentenceEnd(transcript, end)),
  }
}

function sentenceStart(text: string, at: number): number {
  const before = /(?:^|[.!?:\n]\s*)([^.!?:\n]*)$/.exec(text.slice(0, at))
  return at - (before?.[1]?.length ?? 0)
}

function sentenceEnd(text: string, at: number): number {
  const after = /[.!?\n]/.exec(text.slice(at))
  return after === null ? text.length : at + after.index
}
