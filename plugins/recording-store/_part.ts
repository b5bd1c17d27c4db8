import type { Readable } from 'node:stream'
import type { ByteRange } from 'aftercall'

/** How long the whole is of which this is an answer, and whether it is only the part that was asked for. */
export function extentOf(response: Pick<Response, 'status' | 'headers'>): {
  readonly total: number | null
  readonly ranged: boolean
} {
  const ranged = response.status === 206
  const total = ranged
    ? /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]
    : response.headers.get('content-length')
  return { total: total === undefined || total === null ? null : Number(total), ranged }
}

/** The part of a whole, for servers that take no notice of `Range`. What comes after it is not read. */
export async function* cut(
  stream: Readable,
  { start, end = Number.POSITIVE_INFINITY }: ByteRange,
): AsyncGenerator<Buffer> {
  let position = 0
  for await (const chunk of stream) {
    const bytes: Buffer = chunk
    const part = bytes.subarray(Math.max(0, start - position), Math.max(0, end + 1 - position))
    position += bytes.length
    if (part.length > 0) yield part
    if (position > end) return
  }
}
