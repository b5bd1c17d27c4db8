import type { ErrorObject, ValidateFunction } from 'ajv'
import { fromPointer, isMapping, valueAt } from './path.ts'

/** Reading one text can bring a mapping to light that holds no others: twice is enough, and it must end. */
const ROUNDS = 3

/**
 * Validates; where an expanded text is refused for its type, reads it as the number, boolean or null that is wanted,
 * and validates again. Only those: ajv's own coercion would also take `timeout: "5"` and turn null into "".
 * Answers the errors that remain.
 */
export function coerceExpanded(
  validate: ValidateFunction,
  value: unknown,
  expanded: ReadonlySet<string>,
): readonly ErrorObject[] {
  for (let round = 1; ; round += 1) {
    if (validate(value)) return []
    const errors = validate.errors ?? []
    const changed = errors.filter((error) => expanded.has(error.instancePath) && replace(value, error)).length > 0
    if (!changed || round === ROUNDS) return errors
  }
}

/** Whether the text at the error's place could be read as what is wanted, and now is it. */
function replace(root: unknown, error: ErrorObject): boolean {
  if (error.keyword !== 'type') return false
  const path = fromPointer(error.instancePath, root)
  const text = valueAt(root, path)
  if (typeof text !== 'string') return false
  const wanted: readonly unknown[] = [error.params['type']].flat()
  const read = wanted.map((type) => readAs(text, type)).find((result) => result !== undefined)
  return read === undefined ? false : put(valueAt(root, path.slice(0, -1)), path.at(-1), read)
}

/** A text as a JSON type; undefined where it is none. Empty is null: `${LIMIT:-}` means no limit. */
export function readAs(text: string, type: unknown): number | boolean | null | undefined {
  switch (type) {
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
    case 'integer':
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'null':
      return text === '' ? null : undefined
    default:
      return undefined
  }
}

function put(parent: unknown, key: string | number | undefined, value: unknown): boolean {
  if (key === undefined || (!Array.isArray(parent) && !isMapping(parent))) return false
  return Reflect.set(parent, key, value)
}
