import { isMapping } from './path.ts'
import { mapSchema, type SchemaNode } from './schema-walk.ts'

/** A reference to the schema of `${NAME}`. */
export const VARIABLE: SchemaNode = { $ref: '#/$defs/variable' }

export const VARIABLE_DEFINITION = {
  variable: {
    type: 'string',
    pattern: '\\$\\{',
    description: '${NAME} or ${NAME:-default}, from .env or the environment.',
  },
} as const

/**
 * A schema as it applies to the file, before variables are expanded and defaults filled in: what has a default may
 * be left out, and any value may be written as `${NAME}`.
 */
export function editorSchema(schema: unknown): SchemaNode {
  const mapped = mapSchema(schema, (node) => optionalWhereDefaulted(allowingVariables(withoutOwnFormats(node))))
  return isMapping(mapped) ? mapped : {}
}

/** TypeBox counts what has a default as required, because it is always there once it has been read. */
function optionalWhereDefaulted(node: SchemaNode): SchemaNode {
  const { required, properties } = node
  if (!Array.isArray(required) || !isMapping(properties)) return node
  const { required: _, ...rest } = node
  const left = required.filter((name: string) => {
    const property = properties[name]
    return !isMapping(property) || !('default' in property)
  })
  return left.length === 0 ? rest : { ...rest, required: left }
}

function allowingVariables(node: SchemaNode): SchemaNode {
  const copy = { ...node }
  for (const key of ['properties', 'patternProperties']) {
    const map = node[key]
    if (isMapping(map)) {
      copy[key] = Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, orVariable(schema)]))
    }
  }
  for (const key of ['items', 'additionalProperties']) {
    if (isMapping(node[key])) copy[key] = orVariable(node[key])
  }
  return copy
}

/** The description and the default stay outside, where editors look for them. */
function orVariable(schema: unknown): unknown {
  if (!isMapping(schema) || admitsVariables(schema)) return schema
  const { description, default: preset, ...rest } = schema
  const { anyOf, ...limits } = rest
  const branches: readonly unknown[] = Array.isArray(anyOf) && Object.keys(limits).length === 0 ? anyOf : [rest]
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [...branches, VARIABLE],
  }
}

/** Lists and mappings are written out; a text without limits may hold `${NAME}` as it is. */
function admitsVariables(schema: SchemaNode): boolean {
  const limits = ['pattern', 'format', 'enum', 'const', 'minLength', 'maxLength']
  switch (schema['type']) {
    case 'object':
    case 'array':
      return true
    case 'string':
      return !limits.some((limit) => limit in schema)
    default:
      return Object.keys(schema).length === 0
  }
}

/** `format: 'path'` is ours: editors do not know it. */
function withoutOwnFormats(node: SchemaNode): SchemaNode {
  const { format, ...rest } = node
  return format === 'path' ? rest : node
}
