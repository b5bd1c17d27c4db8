import type { ErrorObject, ValidateFunction } from 'ajv'
import { coerceExpanded } from './coerce.ts'
import { expectation } from './expectation.ts'
import { fromPointer, isMapping, type Path, valueAt } from './path.ts'
import { withoutSecrets } from './secrets.ts'
import { suggest } from './suggest.ts'

/** One thing that a value does against its schema. The path begins at the value. */
export interface Violation {
  /** A key that is not known, a key that is missing, or a value that is not admitted. */
  readonly kind: 'unknown' | 'missing' | 'value'
  /** The word of the schema that was violated, as ajv calls it. */
  readonly keyword: string
  readonly path: Path
  /** Follows the name of what is wrong: `must be a number, not "x"`. */
  readonly message: string
  readonly suggestion: string | undefined
  /** The schema that was violated; of the mapping, where a key is unknown or missing. */
  readonly schema: unknown
}

/** A file that has more faults than this is no pipeline. */
const MAX_ERRORS = 500

/**
 * Validates, after having read expanded texts as the numbers and booleans that the schema wants. The value must be a
 * copy: defaults are filled in. `written` is the value before expansion, for messages.
 */
export function violationsOf(
  validate: ValidateFunction,
  value: unknown,
  expanded: ReadonlySet<string>,
  written: unknown,
): readonly Violation[] {
  const errors = coerceExpanded(validate, value, expanded).slice(0, MAX_ERRORS)
  const violations = new Map<string, Violation>()
  for (const error of withoutOtherBranches(errors)) {
    const violation = violationOf(error, value, expanded, written)
    // A value that breaks two rules of its schema is told once what it must be.
    const identity = JSON.stringify([violation.kind, violation.path])
    if (!violations.has(identity)) violations.set(identity, violation)
  }
  return [...violations.values()]
}

function violationOf(error: ErrorObject, value: unknown, expanded: ReadonlySet<string>, written: unknown): Violation {
  const { keyword, params, parentSchema: schema, propertyName } = error
  const path = fromPointer(error.instancePath, value)
  const base = { keyword, schema, path, message: '', suggestion: undefined }
  if (keyword === 'additionalProperties') {
    const key = String(params['additionalProperty'])
    return { ...base, kind: 'unknown', path: [...path, key], suggestion: suggest(key, propertiesOf(schema)) }
  }
  if (keyword === 'required') {
    return { ...base, kind: 'missing', path: [...path, String(params['missingProperty'])] }
  }
  if (propertyName !== undefined) {
    const message = `cannot be a key here: it ${error.message}`
    return { ...base, kind: 'value', path: [...path, propertyName], message }
  }
  const words = DESCRIBED.has(keyword) ? `must be ${expectation(schema)}` : (error.message ?? 'is not admitted')
  const message = `${words}, not ${shown(path, written, expanded.has(error.instancePath))}`
  return { ...base, kind: 'value', message, suggestion: suggestionAmong(schema, valueAt(written, path)) }
}

/** What `expectation` has words for; for the rest ajv's own must do. */
const DESCRIBED: ReadonlySet<string> = new Set(
  'type const enum anyOf oneOf pattern format minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems'.split(
    ' ',
  ),
)

/** The value as it is written, never as it was expanded. */
function shown(path: Path, root: unknown, isExpanded: boolean): string {
  const written = valueAt(root, path)
  if (written === undefined) return 'what its default makes of the environment'
  const key = `${path.findLast((part) => typeof part === 'string') ?? ''}: `
  const text = withoutSecrets(`${key}${JSON.stringify(written)}`).slice(key.length)
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text
  return isExpanded ? `what ${short} expands to` : short
}

function propertiesOf(schema: unknown): readonly string[] {
  return isMapping(schema) && isMapping(schema['properties']) ? Object.keys(schema['properties']) : []
}

function suggestionAmong(schema: unknown, written: unknown): string | undefined {
  if (typeof written !== 'string' || !isMapping(schema)) return undefined
  const union: readonly unknown[] = Array.isArray(schema['anyOf']) ? schema['anyOf'] : []
  const listed: readonly unknown[] = Array.isArray(schema['enum']) ? schema['enum'] : []
  const words = [...listed, ...union.map((branch) => (isMapping(branch) ? branch['const'] : undefined))]
  return suggest(
    written,
    words.filter((word) => typeof word === 'string'),
  )
}

/**
 * Of a union, ajv reports what is wrong with every branch. What helps is the branch that was meant: the one whose
 * kind fits. Where none fits, only that none does.
 */
function withoutOtherBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
  return unions.reduce<readonly ErrorObject[]>((left, union) => {
    const inside = (error: ErrorObject): boolean =>
      error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath.startsWith(union.instancePath)
    const branches = Map.groupBy(left.filter(inside), ({ schemaPath }) => branchOf(schemaPath, union.schemaPath))
    const fitting = [...branches.values()]
      .filter((branch) => !branch.some((error) => refusesKind(error, union)))
      .sort((a, b) => a.length - b.length)[0]
    return left.filter((error) =>
      inside(error) ? fitting?.includes(error) === true : error !== union || fitting === undefined,
    )
  }, errors)
}

function branchOf(schemaPath: string, unionPath: string): string {
  return schemaPath.slice(unionPath.length + 1).split('/')[0] ?? ''
}

function refusesKind(error: ErrorObject, union: ErrorObject): boolean {
  return error.instancePath === union.instancePath && ['type', 'const', 'enum'].includes(error.keyword)
}
