import { parsePhoneNumberFromString } from 'libphonenumber-js'
import { AftercallError } from '../contracts/index.ts'

/** A form whose names are unique. */
export type Fields = Readonly<Record<string, string>>

type SidKind = 'AC' | 'CA' | 'RE'

/**
 * A SID that everything else may rely on: it becomes a key, a path and a URL. The pattern also closes a gap of the
 * signature, to which `A=1&B=2` and `A=1B2` are the same. Throws `bad-request`.
 */
export function sid(fields: Fields, name: string, kind: SidKind): string {
  const value = fields[name] ?? ''
  if (new RegExp(`^${kind}[0-9a-fA-F]{32}$`).test(value)) return value
  throw new AftercallError(`${name} must be ${kind} and 32 hex digits`, { code: 'bad-request' })
}

/** One of the words that we know. What is not understood cannot be stored, so it is not acknowledged: `bad-request`. */
export function word<const Word extends string>(fields: Fields, name: string, words: readonly Word[]): Word {
  const found = words.find((candidate) => candidate === fields[name])
  if (found !== undefined) return found
  throw new AftercallError(`${name} must be one of ${words.join(', ')}`, { code: 'bad-request' })
}

/** Longer than any number, address or word that Twilio sends. */
const LONGEST = 256

/** Text in which nothing can break a log line or steer a terminal; null where nothing is left of it. */
export function text(fields: Fields, name: string): string | null {
  const clean = (fields[name] ?? '').replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, '').trim()
  return clean === '' ? null : clean.slice(0, LONGEST).toWellFormed()
}

/** A number in E.164; whatever is no phone number (`client:…`, `sip:…`, `anonymous`, a short code) as it is. */
export function party(fields: Fields, name: string): string | null {
  const value = text(fields, name)
  // Looked at first, because the library finds numbers inside of other text, such as a SIP address.
  if (value === null || !/^\+[\d\s().-]+$/.test(value)) return value
  const parsed = parsePhoneNumberFromString(value)
  return parsed?.isPossible() === true ? parsed.number : value
}

/** A count or a length; null where it is absent or makes no sense: no call is lost for that. */
export function amount(fields: Fields, name: string): number | null {
  const value = fields[name] ?? ''
  return /^\d{1,9}$/.test(value) ? Number(value) : null
}

const RFC_2822 = /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:[+-]\d{4}|GMT|UTC)$/

/** A moment, from RFC 2822 (`Sun, 22 Nov 2026 09:00:00 +0000`) to ISO-8601 UTC; null where it is none. */
export function moment(fields: Fields, name: string): string | null {
  const value = fields[name] ?? ''
  const time = RFC_2822.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}
