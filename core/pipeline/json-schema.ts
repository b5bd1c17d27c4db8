import type { AnyDriverDefinition, Catalogue } from '../contracts/index.ts'
import { fallbackSchema, fileSchema, KIND_OF_STAGE, stageSchema } from './file-schema.ts'
import { editorSchema, VARIABLE, VARIABLE_DEFINITION } from './json-schema-values.ts'
import type { SchemaNode } from './schema-walk.ts'

interface ListedDriver {
  readonly stage: string
  readonly use: string
  /** Undefined where it could not be loaded: then the schema knows its name only. */
  readonly definition: AnyDriverDefinition | undefined
}

/**
 * The JSON Schema of pipeline.yaml with the options of every driver of the catalogue: what editors complete and
 * check. A driver's options are chosen by `if` stage and driver `then`: language servers follow that to the one
 * branch that applies, where a `oneOf` would offer the options of all drivers and report the faults of all.
 */
export async function pipelineSchema(catalogue: Catalogue): Promise<SchemaNode> {
  const names = await catalogue.names()
  const drivers = await Promise.all(
    names.map(async ({ stage, use }): Promise<ListedDriver> => {
      const found = await catalogue.find(stage, use)
      return { stage, use, definition: 'kind' in found ? undefined : found.definition }
    }),
  )
  const stages = Map.groupBy(drivers, ({ stage }) => stage)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...withProperties(editorSchema(fileSchema), {
      stages: { ...editorSchema(fileSchema.properties.stages), items: stageItem(stages) },
    }),
    $defs: {
      ...VARIABLE_DEFINITION,
      ...Object.fromEntries(drivers.map((driver) => [definitionName(driver), optionsOf(driver)])),
    },
  }
}

function stageItem(stages: ReadonlyMap<string, readonly ListedDriver[]>): SchemaNode {
  const kinds = [...stages].map(([stage, drivers]) => {
    const contract = drivers.find(({ definition }) => definition !== undefined)?.definition?.contract
    return { const: stage, ...described(contract?.description) }
  })
  return {
    ...withProperties(editorSchema(stageSchema), {
      stage: { ...described(KIND_OF_STAGE), anyOf: [...kinds, VARIABLE] },
      fallback: { ...editorSchema(stageSchema.properties.fallback), items: editorSchema(fallbackSchema) },
    }),
    allOf: [...stages].map(([stage, drivers]) =>
      when('stage', stage, {
        properties: {
          use: useOneOf(drivers),
          fallback: { items: { properties: { use: useOneOf(drivers) }, ...optionsByDriver(drivers) } },
        },
        ...optionsByDriver(drivers),
      }),
    ),
  }
}

function useOneOf(drivers: readonly ListedDriver[]): SchemaNode {
  const known = drivers.map(({ use, definition }) => ({ const: use, ...described(definition?.description) }))
  return { anyOf: [...known, VARIABLE] }
}

function optionsByDriver(drivers: readonly ListedDriver[]): SchemaNode {
  return {
    allOf: drivers.map((driver) => {
      const options = { properties: { with: { $ref: `#/$defs/${definitionName(driver)}` } } }
      // `with:` may be left out only where every option has a default.
      return when('use', driver.use, 'required' in optionsOf(driver) ? { ...options, required: ['with'] } : options)
    }),
  }
}

function when(key: string, value: string, rule: SchemaNode): SchemaNode {
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema; nobody awaits it
  return { if: { properties: { [key]: { const: value } }, required: [key] }, then: rule }
}

function optionsOf({ definition }: ListedDriver): SchemaNode {
  return definition === undefined
    ? { type: 'object' }
    : { ...editorSchema(definition.options), ...described(definition.description) }
}

function withProperties(schema: SchemaNode, properties: SchemaNode): SchemaNode {
  return { ...schema, properties: Object.assign({}, schema['properties'], properties) }
}

function described(description: string | undefined): SchemaNode {
  return description === undefined || description === '' ? {} : { description }
}

function definitionName({ stage, use }: ListedDriver): string {
  return `${stage}.${use}`
}
