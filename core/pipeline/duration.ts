const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Node's timers end at 2³¹ milliseconds, and fire at once beyond. */
const LONGEST_MS = 24 * 24 * 3_600_000

/** As a JSON Schema pattern, so that editors check it too. */
export const DURATION_PATTERN = '^[0-9]+(ms|s|m|h)$'

/** Milliseconds of `500ms`, `2s`, `15m`, `24h`; undefined for anything else, and for more than 24 days. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^([0-9]{1,12})(ms|s|m|h)$/.exec(text) ?? []
  const milliseconds = Number(digits) * (MILLISECONDS[unit ?? ''] ?? Number.NaN)
  return milliseconds <= LONGEST_MS ? milliseconds : undefined
}
