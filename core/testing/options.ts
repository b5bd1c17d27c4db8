import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { Static, TSchema } from 'typebox'

/** Options as a test writes them: those with a default may be left out. */
export type GivenOptions<Options extends TSchema> = Partial<Static<Options>>

/**
 * The options as the engine hands them to `create`: defaults filled in and checked against the schema. Defaults of
 * the form `${NAME:-default}` count as in an empty environment.
 */
export function completeOptions<Options extends TSchema>(
  schema: Options,
  given: GivenOptions<Options>,
): Static<Options> {
  const candidate: unknown = structuredClone(given)
  const check = compileOptions(schema)
  const complete = (value: unknown): value is Static<Options> => check(value)
  if (!complete(candidate)) throw new Error(`the options do not pass the driver’s schema: ${faults(check)}`)
  return unset(candidate)
}

/** A check of options, as the engine makes it: strict, with defaults. */
export function compileOptions(schema: TSchema): ValidateFunction {
  return compile(schema, { useDefaults: true })
}

/** A check of an artifact, as the engine makes it: strict, no defaults, no coercion. */
export function compileArtifact(schema: TSchema): ValidateFunction {
  return compile(schema, { useDefaults: false })
}

/** What the last check found, in words. */
export function faults(check: ValidateFunction): string {
  return (check.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message ?? ''}`).join('; ')
}

function compile(schema: TSchema, settings: { readonly useDefaults: boolean }): ValidateFunction {
  const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true, ...settings })
  addFormats.default(ajv)
  ajv.addFormat('path', true)
  return ajv.compile(schema)
}

/** `${NAME:-default}` becomes its default, everywhere in the value. */
function unset<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_, part) =>
      typeof part === 'string' ? part.replace(/\$\{\w+(?::-([^}]*))?\}/g, (_whole, word?: string) => word ?? '') : part,
    ),
  )
}
