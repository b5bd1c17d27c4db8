import { isIP } from 'node:net'

/** Makes a value of the text of a variable; throws a Malformed that says what the text should have been. */
export type Reading<T> = (text: string) => T

/** Says what a setting must be. Never holds its text: any setting may be a secret that was put in the wrong place. */
export class Malformed extends Error {}

export const text: Reading<string> = (given) => given

export function wholeNumber(lowest: number, highest: number): Reading<number> {
  return (given) => {
    const number = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
    if (number >= lowest && number <= highest) return number
    throw new Malformed(`must be a whole number from ${lowest} to ${highest}`)
  }
}

export function oneOf<const Word extends string>(words: readonly Word[]): Reading<Word> {
  return (given) => {
    const word = words.find((candidate) => candidate === given)
    if (word === undefined) throw new Malformed(`must be one of ${words.join(', ')}`)
    return word
  }
}

export function matching(pattern: RegExp, expected: string): Reading<string> {
  return (given) => {
    if (pattern.test(given)) return given
    throw new Malformed(`must be ${expected}`)
  }
}

/** A key or token that can stand in an HTTP header: nothing but visible ASCII. */
export const secret = matching(/^[!-~]+$/, 'without spaces or line breaks')

/** An address of one of the protocols (`http:`), without a slash at its end. */
export function address(protocols: readonly string[]): Reading<string> {
  return (given) => {
    if (protocols.includes(parseUrl(given)?.protocol ?? '')) return given.replace(/\/+$/, '')
    throw new Malformed(`must be an address that begins with ${protocols.map((name) => `${name}//`).join(' or ')}`)
  }
}

/** An address that others append paths to: HTTP, and nothing behind the path. */
export const baseAddress: Reading<string> = (given) => {
  const checked = address(['http:', 'https:'])(given)
  const url = new URL(checked)
  if (url.search !== '' || url.hash !== '') throw new Malformed('must have no query and no fragment')
  return checked
}

/** As `baseAddress`, and without a password, which would end up in links and in signatures. */
export const publicAddress: Reading<string> = (given) => {
  const checked = baseAddress(given)
  const url = new URL(checked)
  if (url.username !== '' || url.password !== '') throw new Malformed('must have no user name and no password')
  return checked
}

/** An address that is called as it stands. */
export const webAddress: Reading<string> = (given) => {
  address(['http:', 'https:'])(given)
  return given
}

export const accountSid = matching(/^AC[0-9a-fA-F]{32}$/, 'AC and 32 hex digits')

/** As Standard Webhooks has it: the prefix, then 24 to 64 bytes in base64. */
export const webhookSecret = matching(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'whsec_ and 24 to 64 bytes in base64')

export function listOf<T>(item: Reading<T>, mostItems = Number.POSITIVE_INFINITY): Reading<readonly T[]> {
  return (given) => {
    const parts = given.split(',').map((part) => part.trim())
    if (parts.includes('')) throw new Malformed('has an empty entry between its commas')
    if (parts.length > mostItems) throw new Malformed(`must have at most ${mostItems} entries`)
    return parts.map(item)
  }
}

/** A host name, an IP address, or a range of addresses in CIDR notation. */
export const hostOrRange: Reading<string> = (given) => {
  if (isHost(given) || isRange(given)) return given
  throw new Malformed('must be host names, IP addresses or ranges such as 10.0.0.0/8, separated by commas')
}

export const host: Reading<string> = (given) => {
  if (isHost(given)) return given
  throw new Malformed('must be a host name or an IP address')
}

function isHost(given: string): boolean {
  return isIP(given) !== 0 || /^(?!-)[\p{L}\p{N}_-]{1,63}(\.[\p{L}\p{N}_-]{1,63})*\.?$/u.test(given)
}

function isRange(given: string): boolean {
  const [base = '', prefix = '', ...rest] = given.split('/')
  const version = isIP(base)
  return version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128)
}

/** One, or two while rotating. An empty one would let forged signatures pass, so it is a fault. */
export const authTokens = listOf(secret, 2)

function parseUrl(given: string): URL | undefined {
  return URL.canParse(given) ? new URL(given) : undefined
}
