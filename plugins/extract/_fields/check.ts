import type { Fields, FieldValue, Transcript } from 'aftercall'
import type { DeclaredField } from './declaration.ts'
import { type Quotable, quotable } from './quotation.ts'
import { vocabularyOf } from './vocabulary.ts'

type Entry = Fields['values'][string]

/** A value of the right kind, nothing, or why it is neither. */
type Read = { readonly value: FieldValue } | { readonly problem: string }

/**
 * Makes fields of what a model answered, field by field: whatever is wrong with one is noted there and voids no
 * other. A value counts only where the transcript bears it out, by the quote that came with it or by its own words.
 */
export function checkedFields(
  declared: readonly DeclaredField[],
  answer: Readonly<Record<string, unknown>>,
  transcript: Transcript,
): Fields {
  const said = quotable(transcript)
  const values = declared.map((field) => {
    const given = Object.hasOwn(answer, field.name) ? answer[field.name] : undefined
    return [field.name, given === undefined ? nothing('the model left it out') : checkedEntry(field, given, said)]
  })
  return { values: Object.fromEntries(values) }
}

/** An entry without a value. */
export function nothing(problem: string | null, raw: string | null = null): Entry {
  return { value: null, raw, evidence: null, problem }
}

function checkedEntry(field: DeclaredField, given: unknown, said: Quotable): Entry {
  const { value: claimed, evidence } = parts(given)
  if (claimed === null || claimed === undefined) return nothing(null)
  const raw = typeof claimed === 'string' ? claimed : JSON.stringify(claimed)
  if (raw.trim() === '') return nothing(null)
  const read = READ[field.type](claimed)
  if ('problem' in read) return nothing(read.problem, raw)
  const canonical = vocabularyOf(field).canonical(raw)
  if (canonical === undefined && !field.open) return nothing(`“${raw}” is not in the vocabulary`, raw)
  const quote = typeof evidence === 'string' && said.holds(evidence) ? evidence : said.sentenceWith(raw)
  if (quote === undefined) return nothing('nothing that was said bears it out', raw)
  const value = field.type === 'string' ? (canonical ?? read.value) : read.value
  return { value, raw, evidence: quote, problem: null }
}

/** Answers of compatible servers may be the bare value, where `{ value, evidence }` was asked for. */
function parts(given: unknown): { readonly value: unknown; readonly evidence: unknown } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { value: given, evidence: undefined }
  return { value: Reflect.get(given, 'value'), evidence: Reflect.get(given, 'evidence') }
}

const READ: Readonly<Record<DeclaredField['type'], (claimed: unknown) => Read>> = {
  string: (claimed) => (typeof claimed === 'string' ? { value: claimed.trim() } : { problem: 'it is no text' }),
  number: (claimed) => {
    const number = typeof claimed === 'string' ? Number(claimed) : claimed
    return typeof number === 'number' && Number.isFinite(number) ? { value: number } : { problem: 'it is no number' }
  },
  boolean: (claimed) => {
    const value = typeof claimed === 'string' ? WORDS_FOR.get(claimed.trim().toLowerCase()) : claimed
    return typeof value === 'boolean' ? { value } : { problem: 'it is neither true nor false' }
  },
  date: (claimed) =>
    typeof claimed === 'string' && isDate(claimed.trim())
      ? { value: claimed.trim() }
      : { problem: 'it is no date of the form YYYY-MM-DD' },
}

const WORDS_FOR: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
