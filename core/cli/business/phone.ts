import { InvalidArgumentError } from 'commander'
import { parsePhoneNumberFromString } from 'libphonenumber-js'

/** A number that a person typed, in E.164. Without its country nobody can tell which number it is. */
export function phoneNumber(given: string): string {
  const value = given.trim()
  if (!/^\+[\d\s().-]+$/.test(value)) {
    throw new InvalidArgumentError('It must be a phone number with its country, such as +14155550100.')
  }
  const parsed = parsePhoneNumberFromString(value)
  if (parsed?.isPossible() === true) return parsed.number
  throw new InvalidArgumentError('No number of that country has this many digits.')
}

/** For `<number...>`: one that is named twice counts once. */
export function phoneNumbers(given: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...new Set([...(earlier ?? []), phoneNumber(given)])]
}
