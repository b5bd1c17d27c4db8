import { isMapping } from './path.ts'

/** A JSON Schema as plain data. */
export type SchemaNode = Readonly<Record<string, unknown>>

const HOLDS_SCHEMA = [
  'additionalProperties',
  'items',
  'additionalItems',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
]
const HOLDS_LIST = ['anyOf', 'oneOf', 'allOf', 'items', 'prefixItems']
const HOLDS_MAP = ['properties', 'patternProperties', '$defs', 'definitions']

/**
 * A copy of a schema with `change` applied to each schema in it, the inner ones first. Only schemas are visited, not
 * what merely looks like one: an option may be called `default` or `items`.
 */
export function mapSchema(schema: unknown, change: (node: SchemaNode) => SchemaNode): unknown {
  if (!isMapping(schema)) return schema
  const copy: Record<string, unknown> = { ...schema }
  for (const key of HOLDS_SCHEMA) {
    if (isMapping(copy[key])) copy[key] = mapSchema(copy[key], change)
  }
  for (const key of HOLDS_LIST) {
    const list = copy[key]
    if (Array.isArray(list)) copy[key] = list.map((item: unknown) => mapSchema(item, change))
  }
  for (const key of HOLDS_MAP) {
    const map = copy[key]
    if (isMapping(map)) {
      copy[key] = Object.fromEntries(Object.entries(map).map(([name, item]) => [name, mapSchema(item, change)]))
    }
  }
  return change(copy)
}
