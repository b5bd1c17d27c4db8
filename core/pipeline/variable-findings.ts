import type { Finding } from './finding.ts'
import type { Path } from './path.ts'
import type { ExpandedValue } from './variables.ts'

/** What is wrong with `${…}` in a part of the file that stands at `base`. */
export function variableFindings(problems: ExpandedValue['problems'], base: Path): readonly Finding[] {
  return problems.map((problem) => {
    const place = { path: [...base, ...problem.path], at: 'value' } as const
    return problem.kind === 'unset'
      ? { ...place, rule: 'unset-variable', message: `the variable ${problem.name} is not set` }
      : { ...place, rule: 'bad-variable', message: 'a "${" here begins neither ${NAME} nor ${NAME:-default}' }
  })
}
