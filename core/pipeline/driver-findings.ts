import type { DriverFault } from '../contracts/index.ts'
import type { Finding } from './finding.ts'
import { isMapping, type Path } from './path.ts'
import { didYouMean, suggest } from './suggest.ts'
import type { Violation } from './violations.ts'

/** That a driver could not be had. `path` is that of the stage, or of the fallback. */
export function driverFinding(fault: DriverFault, stage: string, use: string, path: Path): Finding {
  switch (fault.kind) {
    case 'unknown-stage': {
      const suggestion = suggest(stage, fault.stages)
      const message = `there is no stage "${stage}"${didYouMean(suggestion)}${listed(suggestion, fault.stages)}`
      return {
        rule: 'unknown-stage',
        path: [...path, 'stage'],
        at: 'value',
        message,
        ...(suggestion && { suggestion }),
      }
    }
    case 'unknown-driver': {
      const suggestion = suggest(use, fault.drivers)
      const message = `the stage "${stage}" has no driver "${use}"${didYouMean(suggestion)}${listed(suggestion, fault.drivers)}`
      return { rule: 'unknown-driver', path: [...path, 'use'], at: 'value', message, ...(suggestion && { suggestion }) }
    }
    case 'broken-driver':
      return { rule: 'broken-driver', path: [...path, 'use'], at: 'value', message: `${fault.file}: ${fault.message}` }
  }
}

/** Where nothing resembles the word, all that there is. */
function listed(suggestion: string | undefined, names: readonly string[]): string {
  if (suggestion !== undefined) return ''
  return names.length === 0 ? '; there are none' : `; there are ${names.join(', ')}`
}

/** That an option is wrong. `unset` names the variables without which defaults of options cannot be had. */
export function optionFinding(
  violation: Violation,
  base: Path,
  driver: string,
  unset: ReadonlyMap<string, string>,
): Finding {
  const { kind, suggestion } = violation
  const path = [...base, ...violation.path]
  const name = String(path.at(-1))
  const suggested = suggestion === undefined ? {} : { suggestion }
  if (kind === 'unknown') {
    const known = isMapping(violation.schema) ? violation.schema['properties'] : undefined
    const others = isMapping(known) ? Object.keys(known) : []
    const message = `${driver} has no option "${name}"${didYouMean(suggestion)}${listed(suggestion, others)}`
    return { rule: 'unknown-option', path, at: 'key', message, ...suggested }
  }
  if (kind === 'missing') {
    const variable = unset.get(name)
    if (variable === undefined)
      return { rule: 'missing-option', path, at: 'value', message: `${driver} needs the option "${name}"` }
    const message = `${driver} needs the option "${name}", or the variable ${variable}, which is not set`
    return { rule: 'unset-variable', path, at: 'value', message }
  }
  const subject = typeof path.at(-1) === 'number' ? 'this entry' : name
  return { rule: 'invalid-option', path, at: 'value', message: `${subject} ${violation.message}`, ...suggested }
}
