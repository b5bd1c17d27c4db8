import { DURATION_PATTERN, parseDuration } from './duration.ts'
import type { Finding } from './finding.ts'
import type { Path } from './path.ts'

const TIMER = { parse: parseDuration, longest: '24d' }

/** Milliseconds. What has the form of a duration and is none is too long. */
export function durationAt(
  value: Readonly<Record<string, unknown>>,
  key: string,
  path: Path,
  findings: Finding[],
  { parse, longest } = TIMER,
): number | undefined {
  const written = value[key]
  if (typeof written !== 'string') return undefined
  const milliseconds = parse(written)
  if (milliseconds === undefined && new RegExp(DURATION_PATTERN).test(written)) {
    findings.push({
      rule: 'bad-duration',
      path: [...path, key],
      at: 'value',
      message: `${key} must be at most ${longest}`,
    })
  }
  return milliseconds
}
