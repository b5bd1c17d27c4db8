import { resolve } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import ajvFormats from 'ajv-formats'
import { type AnyDriverDefinition, thrownMessage } from '../contracts/index.ts'
import { readAs } from './coerce.ts'
import { isMapping } from './path.ts'
import { mapSchema, type SchemaNode } from './schema-walk.ts'
import { type Environment, type ExpandedValue, expandText, expandValue, hasVariable } from './variables.ts'
import { type Violation, violationsOf } from './violations.ts'

/** A driver's options as it gets them, and what is wrong with them. */
export interface ReadOptions {
  readonly options: Readonly<Record<string, unknown>>
  readonly violations: readonly Violation[]
  readonly problems: ExpandedValue['problems']
  /** Variables without which a default of an option that was left out cannot be had, by the option's name. */
  readonly unsetDefaults: ReadonlyMap<string, string>
}

export interface OptionsReader {
  /** Throws an Error where the driver's schema is itself wrong. */
  read(definition: AnyDriverDefinition, written: Readonly<Record<string, unknown>>): ReadOptions
}

/**
 * Reads options as `with:` has them: expands variables, also those in the schema's defaults, fills the defaults in,
 * checks, and makes paths (`format: 'path'`) absolute from `directory`, the folder of the pipeline file.
 */
export function createOptionsReader(environment: Environment, directory: string): OptionsReader {
  const ajv = optionsAjv(directory)
  const compiled = new Map<AnyDriverDefinition, Compiled>()
  return {
    read(definition, written) {
      const { validate, unsetDefaults } = compiled.get(definition) ?? compile(ajv, definition, environment)
      compiled.set(definition, { validate, unsetDefaults })
      const { value, expanded, problems } = expandValue(written, environment)
      const options = isMapping(value) ? value : {}
      // A text whose variable could not be expanded has been reported, and is of no type yet.
      const unexpanded = new Set(problems.map(({ path }) => JSON.stringify(path)))
      const violations = violationsOf(validate, options, expanded, written).filter(
        ({ path }) => !unexpanded.has(JSON.stringify(path)),
      )
      return { options, violations, problems, unsetDefaults }
    },
  }
}

interface Compiled {
  readonly validate: ValidateFunction
  readonly unsetDefaults: ReadonlyMap<string, string>
}

function compile(ajv: Ajv, definition: AnyDriverDefinition, environment: Environment): Compiled {
  const unsetDefaults = new Map<string, string>()
  const schema = mapSchema(definition.options, (node) => withPaths(withDefaults(node, environment, unsetDefaults)))
  if (!isMapping(schema)) throw new Error('its options are no schema')
  try {
    return { validate: ajv.compile(schema), unsetDefaults }
  } catch (error) {
    throw new Error(`its options schema is wrong: ${thrownMessage(error)}`)
  }
}

function optionsAjv(directory: string): Ajv {
  const ajv = new Ajv({
    // In strict mode, compiling finds nearly all that is wrong with a schema. The schema of JSON Schema would find the
    // rest, and cost every command more than all of its drivers; the conformance suite of drivers uses it.
    meta: false,
    validateSchema: false,
    strict: true,
    ownProperties: true,
    allErrors: true,
    allowUnionTypes: true,
    useDefaults: true,
    verbose: true,
    logger: false,
  })
  ajvFormats.default(ajv)
  ajv.addFormat('path', true)
  ajv.addKeyword({
    keyword: RESOLVE_PATH,
    type: 'string',
    schemaType: 'boolean',
    modifying: true,
    validate(_: boolean, path: string, __: unknown, place?: { parentData: object; parentDataProperty: PropertyKey }) {
      // Empty means that there is none: `file: ${FILE:-}`.
      if (path !== '' && place !== undefined)
        Reflect.set(place.parentData, place.parentDataProperty, resolve(directory, path))
      return true
    },
  })
  return ajv
}

const RESOLVE_PATH = 'resolvePath'

/** Formats only check, and a path is to be changed too. */
function withPaths(node: SchemaNode): SchemaNode {
  return node['format'] === 'path' ? { ...node, [RESOLVE_PATH]: true } : node
}

/** The properties of an object schema with the variables in their defaults expanded. */
function withDefaults(node: SchemaNode, environment: Environment, unset: Map<string, string>): SchemaNode {
  if (!isMapping(node['properties'])) return node
  const properties = Object.entries(node['properties']).map(([name, property]) => {
    if (!isMapping(property) || !('default' in property)) return [name, property]
    const { default: written, ...rest } = property
    const value = defaultOf(written, property['type'], environment)
    if (!('unset' in value)) return [name, { ...rest, default: value.default }]
    unset.set(name, value.unset)
    return [name, rest]
  })
  return { ...node, properties: Object.fromEntries(properties) }
}

function defaultOf(
  written: unknown,
  type: unknown,
  environment: Environment,
): { default: unknown } | { unset: string } {
  if (typeof written === 'string' && hasVariable(written)) {
    const text = expandText(written, environment)
    if (typeof text !== 'string') return { unset: text.kind === 'unset' ? text.name : text.text }
    return { default: type === 'string' ? text : (readAs(text, type) ?? text) }
  }
  const { value, problems } = expandValue(written, environment)
  const [problem] = problems
  if (problem === undefined) return { default: value }
  return { unset: problem.kind === 'unset' ? problem.name : problem.text }
}
