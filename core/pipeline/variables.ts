import { isMapping, type Path, toPointer } from './path.ts'

export type Environment = Readonly<Record<string, string>>

/** What can be wrong with `${…}` in a text. */
export type VariableProblem =
  | { readonly kind: 'unset'; readonly name: string }
  | { readonly kind: 'malformed'; readonly text: string }

export interface ExpandedValue {
  readonly value: unknown
  /** JSON pointers of the texts that held a variable: only those may be read as numbers and booleans. */
  readonly expanded: ReadonlySet<string>
  readonly problems: readonly (VariableProblem & { readonly path: Path })[]
}

const REFERENCE = /\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{)[^}])*))?\})?/g

/** Whether a text holds `${`. */
export function hasVariable(text: string): boolean {
  return text.includes('${')
}

/**
 * A text with `${NAME}` and `${NAME:-default}` replaced. As in a shell, the default also stands in for a variable
 * that is set but empty. What a variable holds is not looked into again, so no value can ask for another.
 */
export function expandText(text: string, environment: Environment): string | VariableProblem {
  let problem: VariableProblem | undefined
  const expanded = text.replace(
    REFERENCE,
    (reference: string, name: string | undefined, fallback: string | undefined) => {
      if (name === undefined) {
        problem ??= { kind: 'malformed', text }
        return reference
      }
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined
      if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
      if (value === undefined) problem ??= { kind: 'unset', name }
      return value ?? ''
    },
  )
  return problem ?? expanded
}

/**
 * A copy of parsed YAML with the variables of all texts replaced (not those of keys). A text with a problem
 * becomes undefined, so that nobody takes it for a value. `skip` leaves a part of the data as it is written.
 */
export function expandValue(
  value: unknown,
  environment: Environment,
  skip: (path: Path) => boolean = () => false,
): ExpandedValue {
  const expanded = new Set<string>()
  const problems: (VariableProblem & { path: Path })[] = []
  const copy = (part: unknown, path: Path): unknown => {
    if (skip(path)) return part
    if (Array.isArray(part)) return part.map((item, index) => copy(item, [...path, index]))
    if (isMapping(part))
      return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, copy(item, [...path, key])]))
    if (typeof part !== 'string' || !hasVariable(part)) return part
    const result = expandText(part, environment)
    if (typeof result !== 'string') {
      problems.push({ ...result, path })
      return undefined
    }
    expanded.add(toPointer(path))
    return result
  }
  return { value: copy(value, []), expanded, problems }
}
