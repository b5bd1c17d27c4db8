import { InvalidArgumentError } from 'commander'
import { parseDuration, parsePeriod } from '../pipeline/duration.ts'

// What a person typed, checked. Each throws commander's InvalidArgumentError, which ends the command as bad usage.

export function callSid(given: string): string {
  return sid(given, 'CA')
}

/** For `<sid...>`: commander hands over what has been read so far. One that is named twice counts once. */
export function callSids(given: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...new Set([...(earlier ?? []), callSid(given)])]
}

export function recordingSid(given: string): string {
  return sid(given, 'RE')
}

function sid(given: string, kind: 'CA' | 'RE'): string {
  if (new RegExp(`^${kind}[0-9a-fA-F]{32}$`).test(given)) return given
  throw new InvalidArgumentError(`It must be ${kind} and 32 hex digits.`)
}

/** Milliseconds. */
export function duration(given: string): number {
  const milliseconds = parseDuration(given)
  if (milliseconds !== undefined) return milliseconds
  throw new InvalidArgumentError('It must be a duration such as 30s, 15m or 24h, of 24 days at most.')
}

/** Milliseconds; for what no timer waits for. */
export function period(given: string): number {
  const milliseconds = parsePeriod(given)
  if (milliseconds !== undefined) return milliseconds
  throw new InvalidArgumentError('It must be a duration such as 24h or 30d.')
}

export function wholeNumber(lowest: number, highest: number): (given: string) => number {
  return (given) => {
    const number = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
    if (number >= lowest && number <= highest) return number
    throw new InvalidArgumentError(`It must be a whole number from ${lowest} to ${highest}.`)
  }
}

export function webAddress(given: string): string {
  const url = URL.parse(given)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin
  throw new InvalidArgumentError('It must be an address that begins with http:// or https://.')
}
