import { stdSerializers } from 'pino'

const SECRET_KEY = /secret|token|password|api[-_]?key|authorization|cookie|signature|credential/i

/** What stands in the log where a secret was. */
const REDACTED = '[redacted]'

/** Deeper than this nothing worth logging stands, and an object may contain itself. */
const DEEPEST = 6

/**
 * A copy of what is about to be logged in which no text stands under a key that looks like a secret's, however deep.
 * Only text is hidden: `inputTokens: 12` is a number that people want to see.
 */
export function withoutSecrets(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, clean(value, SECRET_KEY.test(key), 1)]))
}

function clean(value: unknown, secret: boolean, depth: number): unknown {
  if (typeof value === 'string') return secret && value !== '' ? REDACTED : value
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth > DEEPEST) return '[too deep to log]'
  if (Array.isArray(value)) return value.map((item) => clean(item, secret, depth + 1))
  // An error's message and stack are not enumerable: pino's own form of it has them.
  const plain = value instanceof Error ? stdSerializers.err(value) : value
  return Object.fromEntries(
    Object.entries(plain).map(([key, part]) => [key, clean(part, secret || SECRET_KEY.test(key), depth + 1)]),
  )
}
