const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Node's timers end at 2³¹ milliseconds, and fire at once beyond. */
const LONGEST_MS = 24 * 86_400_000
/** A hundred years. */
const LONGEST_PERIOD_MS = 36_500 * 86_400_000

/** As a JSON Schema pattern, so that editors check it too. */
export const DURATION_PATTERN = '^[0-9]+(ms|s|m|h|d)$'

/** Milliseconds of `500ms`, `2s`, `15m`, `24h`, `7d`; undefined for anything else, and for more than 24 days. */
export function parseDuration(text: string): number | undefined {
  return millisecondsOf(text, LONGEST_MS)
}

/** As `parseDuration`, for what is compared with dates and waited for by no timer: at most a hundred years. */
export function parsePeriod(text: string): number | undefined {
  return millisecondsOf(text, LONGEST_PERIOD_MS)
}

function millisecondsOf(text: string, longest: number): number | undefined {
  const [, digits, unit] = /^([0-9]{1,12})(ms|s|m|h|d)$/.exec(text) ?? []
  const milliseconds = Number(digits) * (MILLISECONDS[unit ?? ''] ?? Number.NaN)
  return milliseconds <= longest ? milliseconds : undefined
}
