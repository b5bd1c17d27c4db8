import { readFileSync } from 'node:fs'

/** The version in our package.json, found by name: the way up to it differs between the repository and the package. */
export function version(): string {
  const text = readFileSync(new URL(import.meta.resolve('aftercall/package.json')), 'utf8')
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string') {
    return parsed.version
  }
  throw new Error('package.json of aftercall names no version')
}
