import type { TSchema } from 'typebox'

/** The paths of options that no description explains, inside nested objects and lists too. */
export function undescribed(schema: TSchema, path = ''): readonly string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, option]) => {
    const at = path === '' ? name : `${path}.${name}`
    const described = typeof Reflect.get(option, 'description') === 'string'
    return [...(described ? [] : [at]), ...undescribed(option, at), ...undescribed(itemsOf(option), `${at}[]`)]
  })
}

function propertiesOf(schema: object): Readonly<Record<string, object>> {
  const properties: unknown = Reflect.get(schema, 'properties')
  return typeof properties === 'object' && properties !== null ? { ...properties } : {}
}

function itemsOf(schema: object): object {
  const items: unknown = Reflect.get(schema, 'items')
  return typeof items === 'object' && items !== null ? items : {}
}
