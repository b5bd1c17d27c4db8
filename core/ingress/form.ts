import { AftercallError } from '../contracts/index.ts'

/** A form as it came. A name that came more than once has all its values, because a signature covers them all. */
export type Form = Readonly<Record<string, string | readonly string[]>>

/**
 * Reads a form by its standard. Parsers that make `a[b]=1` into objects reshape the names, and then no signature
 * matches.
 */
export function parseForm(body: string): Form {
  const parameters = new URLSearchParams(body)
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const [value = '', ...others] = parameters.getAll(name)
      return [name, others.length === 0 ? value : [value, ...others]]
    }),
  )
}

/**
 * The form with one value for each name. Twilio repeats no name, and which of two values is meant cannot be known:
 * throws `bad-request`.
 */
export function singleValues(form: Form): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => {
      if (typeof value === 'string') return [name, value]
      throw new AftercallError('a name came more than once in the form', { code: 'bad-request' })
    }),
  )
}
