/**
 * What a Retry-After header asks for, in milliseconds from now: seconds or a date (RFC 9110, 10.2.3). Undefined where
 * there is none, or none that can be understood.
 */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
