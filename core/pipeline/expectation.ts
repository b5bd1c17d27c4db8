import { DURATION_PATTERN } from './duration.ts'
import { NAME_PATTERN } from './file-schema.ts'
import { isMapping } from './path.ts'
import { PHONE_PATTERN, SPEECH_PATTERN } from './twilio-schema.ts'

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping (key: value)',
  null: 'null',
}

const PATTERNS: Readonly<Record<string, string>> = {
  [DURATION_PATTERN]: 'a duration such as 500ms, 2s, 15m, 24h or 7d',
  [NAME_PATTERN]: 'a name of lower-case letters, digits and hyphens',
  [PHONE_PATTERN]: 'a phone number with its country, such as +14155550100',
  [SPEECH_PATTERN]: 'a text that can be said, without control characters',
}

/** What a schema admits, in words that follow "must be": `a whole number, at least 1`. */
export function expectation(schema: unknown): string {
  if (!isMapping(schema)) return 'something else'
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return alternatives(schema['enum'].map((word) => JSON.stringify(word)))
  const union = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(union)) return alternatives(union.map(expectation))
  const { pattern } = schema
  if (typeof pattern === 'string' && PATTERNS[pattern] !== undefined) return PATTERNS[pattern]
  const types = [schema['type']].flat().map((type) => NOUNS[String(type)] ?? 'a value')
  return [alternatives(types), ...limits(schema)].join(', ')
}

function limits(schema: Readonly<Record<string, unknown>>): readonly string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems, maxItems } = schema
  return [
    minimum === undefined ? '' : `at least ${minimum}`,
    exclusiveMinimum === undefined ? '' : `more than ${exclusiveMinimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    exclusiveMaximum === undefined ? '' : `less than ${exclusiveMaximum}`,
    minLength === undefined ? '' : minLength === 1 ? 'not empty' : `at least ${minLength} characters long`,
    maxLength === undefined ? '' : `at most ${maxLength} characters long`,
    minItems === undefined ? '' : minItems === 1 ? 'not empty' : `with at least ${minItems} entries`,
    maxItems === undefined ? '' : `with at most ${maxItems} entries`,
    schema['pattern'] === undefined ? '' : `that matches ${schema['pattern']}`,
    schema['format'] === undefined ? '' : `in the form of a ${schema['format']}`,
  ].filter((limit) => limit !== '')
}

function alternatives(words: readonly string[]): string {
  const unique = [...new Set(words)]
  return unique.length < 2 ? unique.join('') : `${unique.slice(0, -1).join(', ')} or ${unique.at(-1)}`
}
