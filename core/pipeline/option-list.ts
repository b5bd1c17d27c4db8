import { expectation } from './expectation.ts'
import { isMapping } from './path.ts'
import type { SchemaNode } from './schema-walk.ts'

/** An option of a driver, in words. */
export interface ListedOption {
  /** `model`; of a mapping with keys of one's own, `fields.*.description`; of a list, `rules[].pattern`. */
  readonly name: string
  /** What it admits: `a whole number, at least 1`. */
  readonly kind: string
  readonly required: boolean
  /** As the schema has it, so `${NAME:-}` is not expanded; undefined where there is none. */
  readonly default: unknown
  readonly description: string
}

/** The options that a schema describes, those within others after them. */
export function listOptions(schema: unknown, prefix = ''): readonly ListedOption[] {
  if (!isMapping(schema) || !isMapping(schema['properties'])) return []
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  return Object.entries(schema['properties']).flatMap(([key, option]) => {
    if (!isMapping(option)) return []
    const name = `${prefix}${key}`
    const listed: ListedOption = {
      name,
      kind: expectation(option),
      required: required.has(key) && !('default' in option),
      default: option['default'],
      description: typeof option['description'] === 'string' ? option['description'] : '',
    }
    return [listed, ...innerOptions(option, name)]
  })
}

function innerOptions(option: SchemaNode, name: string): readonly ListedOption[] {
  const entries = isMapping(option['patternProperties']) ? Object.values(option['patternProperties']) : []
  return [
    ...listOptions(option, `${name}.`),
    ...entries.flatMap((entry) => listOptions(entry, `${name}.*.`)),
    ...listOptions(option['additionalProperties'], `${name}.*.`),
    ...listOptions(option['items'], `${name}[].`),
  ]
}
