import { Ajv } from 'ajv'
import { DURATION_PATTERN } from './duration.ts'
import { fileSchema, NAME_PATTERN } from './file-schema.ts'
import type { Finding } from './finding.ts'
import { isMapping } from './path.ts'
import type { RuleId } from './rules.ts'
import { didYouMean } from './suggest.ts'
import { variableFindings } from './variable-findings.ts'
import { type Environment, expandValue } from './variables.ts'
import { type Violation, violationsOf } from './violations.ts'

export interface CheckedFile {
  /** The data with variables expanded, but those below `with:`, which may hold secrets and are the drivers' business. */
  readonly value: unknown
  readonly findings: readonly Finding[]
}

/** Checks everything about pipeline.yaml that can be known without a driver. */
export function checkFile(written: unknown, environment: Environment): CheckedFile {
  const { value, expanded, problems } = expandValue(written ?? {}, environment, (path) => path.at(-1) === 'with')
  // The schema is ours, and a constant: compiling JSON Schema's own schema to check it takes longer than all the rest.
  const settings = {
    meta: false,
    validateSchema: false,
    strict: true,
    ownProperties: true,
    allErrors: true,
    verbose: true,
    logger: false,
  } as const
  const validate = new Ajv(settings).compile(fileSchema)
  const unexpanded = new Set(problems.map(({ path }) => JSON.stringify(path)))
  const violations = violationsOf(validate, value, expanded, written).filter(
    ({ path }) => !unexpanded.has(JSON.stringify(path)),
  )
  return { value, findings: [...variableFindings(problems, []), ...violations.map(findingOf)] }
}

function findingOf(violation: Violation): Finding {
  const { path, suggestion } = violation
  const name = path.at(-1)
  const suggested = suggestion === undefined ? {} : { suggestion }
  switch (violation.kind) {
    case 'unknown':
      return {
        rule: 'unknown-key',
        path,
        at: 'key',
        message: `there is no key "${name}" here${didYouMean(suggestion)}`,
        ...suggested,
      }
    case 'missing':
      return { rule: 'missing-key', path, at: 'value', message: `the key "${name}" is missing` }
    default: {
      const subject = typeof name === 'string' ? `${name} ` : 'this '
      return { rule: ruleOf(violation), path, at: 'value', message: `${subject}${violation.message}`, ...suggested }
    }
  }
}

function ruleOf({ keyword, path, schema }: Violation): RuleId {
  if (path.length === 1 && path[0] === 'version') return 'unsupported-version'
  if (isMapping(schema) && schema['pattern'] === DURATION_PATTERN) return 'bad-duration'
  if (keyword === 'type') return 'wrong-type'
  if (keyword === 'minItems') return 'no-stages'
  return isMapping(schema) && schema['pattern'] === NAME_PATTERN ? 'bad-name' : 'invalid-value'
}
