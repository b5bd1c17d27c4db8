import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { TSchema } from 'typebox'
import { type AnyArtifact, PermanentError } from '../contracts/index.ts'

/** Checks outputs against the schemas of their artifacts. Fills in no defaults and coerces nothing. */
export function outputChecker(): (artifact: AnyArtifact, value: unknown, driver: string) => void {
  const ajv = new Ajv({ strict: true, allErrors: false, allowUnionTypes: true })
  // ajv-formats is CommonJS; under nodenext its default export is the module.
  addFormats.default(ajv)
  const compiled = new WeakMap<TSchema, ValidateFunction>()

  return (artifact, value, driver) => {
    const known = compiled.get(artifact.schema)
    const validate = known ?? ajv.compile(artifact.schema)
    if (known === undefined) compiled.set(artifact.schema, validate)
    if (validate(value)) return
    const [fault] = validate.errors ?? []
    throw new PermanentError(
      `${driver} returned no valid ${artifact.name}: ${artifact.name}${fault?.instancePath.replaceAll('/', '.') ?? ''} ${fault?.message ?? 'is invalid'}`,
      { code: 'contract-broken' },
    )
  }
}
