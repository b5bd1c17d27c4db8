/** What a Range header asks for, given how long the whole is; both ends included, as in HTTP. */
export type RequestedRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'outside' }

/**
 * Reads a Range header. One range of bytes is served; several, other units and what cannot be read are ignored, as
 * RFC 9110 (14.2) allows: the answer is then the whole.
 */
export function requestedRange(header: string, total: number): RequestedRange {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) ?? []
  if (first === '' && last === '') return { kind: 'whole' }
  if (first === '') {
    const length = Math.min(Number(last), total)
    return length === 0 ? { kind: 'outside' } : { kind: 'part', start: total - length, end: total - 1 }
  }
  const start = Number(first)
  const end = last === '' ? total - 1 : Math.min(Number(last), total - 1)
  if (last !== '' && Number(last) < start) return { kind: 'whole' }
  return start >= total ? { kind: 'outside' } : { kind: 'part', start, end }
}
