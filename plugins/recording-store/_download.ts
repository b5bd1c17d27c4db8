import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { PermanentError, type RetryableError } from 'aftercall'
import { discard, unreachable } from '../_twilio/request.ts'
import { extentOf } from './_part.ts'
import { proveContentType, truncated } from './_proof.ts'

/** An answer that may be audio, and how to ask for the rest of it when it breaks off. */
export interface Download {
  readonly response: Response
  /**
   * Asks again, from this byte of the whole on, provided that it is still the same (`ifRange`: an ETag). The answer
   * is 200 or 206; others are thrown.
   */
  again(start: number, ifRange: string | undefined): Promise<Response>
  /** The byte of the whole at which the answer begins. */
  readonly start?: number
  readonly signal: AbortSignal | undefined
}

/** Connections may break so often within one attempt; then the attempt fails, and the next begins anew. */
const MOST_RESUMPTIONS = 3
const FIRST_PAUSE_MS = 200

/**
 * The body of an answer that may be audio, with the length it was promised to have. Where the connection breaks, it
 * goes on where it broke off. Throws a PermanentError where its content type says that it is none; a body that breaks
 * off too often, or changes meanwhile, fails with a RetryableError.
 */
export async function downloadOf(
  download: Download,
): Promise<{ readonly stream: Readable; readonly bytes: number | null }> {
  const { response } = download
  try {
    proveContentType(response.headers.get('content-type'))
  } catch (error) {
    await discard(response)
    throw error
  }
  const length = response.headers.get('content-length')
  return {
    stream: Readable.from(bodyOf(download), { objectMode: false }),
    bytes: length === null ? null : Number(length),
  }
}

async function* bodyOf(download: Download): AsyncGenerator<Buffer> {
  const { signal } = download
  let { response } = download
  let position = download.start ?? 0
  const end = position + Number(response.headers.get('content-length') ?? Number.POSITIVE_INFINITY)
  /** Bytes that have been handed on already, for servers that take no notice of `Range`. */
  let behind = 0
  for (let breaks = 0; ; ) {
    try {
      for await (const chunk of response.body ?? []) {
        const skipped = Math.min(behind, chunk.length)
        const bytes = Buffer.from(chunk).subarray(skipped, skipped + end - position)
        behind -= skipped
        position += bytes.length
        if (bytes.length > 0) yield bytes
        if (position >= end) return
      }
      return
    } catch (error) {
      signal?.throwIfAborted()
      const broken = unreachable(error, 'the download broke off')
      const next = await resumed(download, position, broken, () => ++breaks)
      response = next.response
      behind = next.ranged ? 0 : position
    }
  }
}

/** The rest from `position` on, of the same body. Throws where there is none to be had. */
async function resumed(
  { response: first, again, signal }: Download,
  position: number,
  broken: Error,
  countBreak: () => number,
): Promise<{ readonly response: Response; readonly ranged: boolean }> {
  const etag = strongEtag(first)
  const { total } = extentOf(first)
  // Nothing would tell whether the rest belongs to what has come.
  if (etag === undefined && total === null) throw broken
  for (;;) {
    const breaks = countBreak()
    if (breaks > MOST_RESUMPTIONS) throw broken
    await sleep(FIRST_PAUSE_MS * 2 ** (breaks - 1), undefined, signal && { signal })
    let response: Response
    try {
      response = await again(position, etag)
    } catch (error) {
      signal?.throwIfAborted()
      // Whatever it is, the next attempt will tell; this one has broken off.
      if (error instanceof PermanentError) throw broken
      continue
    }
    const extent = extentOf(response)
    if (isSame(response, extent.total, etag, total) && (!extent.ranged || startOf(response) === position)) {
      return { response, ranged: extent.ranged }
    }
    await discard(response)
    throw changed()
  }
}

/** Two bodies are one where their ETags say so; where there is none, where their lengths do. */
function isSame(response: Response, total: number | null, etag: string | undefined, length: number | null): boolean {
  if (total !== null && length !== null && total !== length) return false
  return etag === undefined ? total === length : strongEtag(response) === etag
}

function strongEtag({ headers }: Response): string | undefined {
  const etag = headers.get('etag') ?? ''
  return /^"[^"]+"$/.test(etag) ? etag : undefined
}

function startOf({ headers }: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1]
  return start === undefined ? undefined : Number(start)
}

function changed(): RetryableError | PermanentError {
  return truncated('the recording changed while it was downloaded', 'remote')
}
