/** A JSON schema as it comes in a request: nothing is known of it yet. */
export type JsonSchema = Readonly<Record<string, unknown>>

const MAX_ENUM_VALUES = 1_000
const MAX_DEPTH = 10
/** An enum of more values than this may hold no more characters than the limit below it. */
const LARGE_ENUM = 250
const MAX_LARGE_ENUM_CHARACTERS = 15_000
const UNSUPPORTED = ['allOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas', 'default']

/**
 * What OpenAI would say against a schema given with `strict: true`; undefined where it takes it. The rules are those
 * of its guide to structured outputs: an object at the root, every key required, no further keys, no composition
 * but `anyOf`, at most 1,000 enum values in all and 10 levels.
 */
export function strictSchemaFault(schema: unknown): string | undefined {
  if (!isSchema(schema) || schema['type'] !== 'object') return 'schema must be a JSON Schema of \'type: "object"\'.'
  const enums = { count: 0 }
  const fault = faultAt(schema, [], enums, 1)
  if (fault !== undefined) return fault
  if (enums.count > MAX_ENUM_VALUES) return `Expected at most ${MAX_ENUM_VALUES} enum values, got ${enums.count}.`
  return undefined
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function faultAt(
  schema: unknown,
  path: readonly string[],
  enums: { count: number },
  depth: number,
): string | undefined {
  const context = `In context=(${path.map((step) => `'${step}'`).join(', ')}), `
  if (!isSchema(schema)) return `${context}schema must be an object.`
  if (depth > MAX_DEPTH) return `${context}expected at most ${MAX_DEPTH} levels of nesting.`
  const unsupported = UNSUPPORTED.find((keyword) => keyword in schema)
  if (unsupported !== undefined) return `${context}'${unsupported}' is not permitted.`
  const enumFault = countEnum(schema['enum'], enums)
  if (enumFault !== undefined) return context + enumFault
  if (schema['type'] === undefined && schema['anyOf'] === undefined && schema['enum'] === undefined) {
    return `${context}schema must have a 'type' key.`
  }
  const ownFault = schema['type'] === 'object' ? objectFault(schema) : undefined
  if (ownFault !== undefined) return context + ownFault
  for (const [step, child, deeper] of children(schema)) {
    const fault = faultAt(child, [...path, ...step], enums, depth + deeper)
    if (fault !== undefined) return fault
  }
  return undefined
}

function countEnum(values: unknown, enums: { count: number }): string | undefined {
  if (!Array.isArray(values)) return undefined
  enums.count += values.length
  if (values.length === 0) return "'enum' must not be empty."
  const characters = values.reduce((sum: number, value) => sum + String(value).length, 0)
  if (values.length > LARGE_ENUM && characters > MAX_LARGE_ENUM_CHARACTERS) {
    return `the values of an 'enum' of more than ${LARGE_ENUM} may have ${MAX_LARGE_ENUM_CHARACTERS} characters in all.`
  }
  return undefined
}

function objectFault(schema: JsonSchema): string | undefined {
  const properties = isSchema(schema['properties']) ? Object.keys(schema['properties']) : []
  if (schema['additionalProperties'] !== false) {
    return "'additionalProperties' is required to be supplied and to be false."
  }
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  const missing = properties.find((name) => !required.includes(name))
  if (missing !== undefined) {
    return `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`
  }
  const extra = required.find((name) => typeof name !== 'string' || !properties.includes(name))
  return extra === undefined ? undefined : `Extra required key '${String(extra)}' supplied.`
}

/** The schemas inside: the steps to each, and by how many levels it is deeper. */
function* children(schema: JsonSchema): Generator<[step: readonly string[], child: unknown, deeper: number]> {
  if (isSchema(schema['properties'])) {
    for (const [name, child] of Object.entries(schema['properties'])) yield [['properties', name], child, 1]
  }
  if (schema['items'] !== undefined) yield [['items'], schema['items'], 1]
  if (Array.isArray(schema['anyOf'])) {
    for (const [index, child] of schema['anyOf'].entries()) yield [['anyOf', String(index)], child, 0]
  }
}
