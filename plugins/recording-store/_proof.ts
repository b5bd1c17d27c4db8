import { PermanentError, RetryableError } from 'aftercall'
import { type ByteSource, readWavHeader, SNIFF_BYTES, sniff, type WavHeader } from 'aftercall/audio'

/** What the bytes themselves say of a recording; null where its format does not tell without decoding. */
export interface Proof {
  readonly mediaType: string
  readonly extension: string
  readonly durationSec: number | null
  readonly channels: number | null
}

/** What was announced of a recording. */
export interface Announcement {
  /** Seconds; null where nobody said. */
  readonly durationSec: number | null
  /** Whether the source may give more later: then what falls short is worth another try. */
  readonly source: 'remote' | 'local'
}

/** Twilio announces whole seconds, rounded; how exactly is not documented. */
const ROUNDING_SEC = 2
const ROUNDING_SHARE = 0.02

/**
 * Proves that a recording is audio and complete. Throws PermanentError `recording-not-audio` (XML, HTML, a forged
 * header) or `recording-empty`; for what falls short of its header or of its announced duration an error
 * `recording-truncated`, retryable where the source is remote.
 */
export async function proveRecording(source: ByteSource, announced: Announcement): Promise<Proof> {
  if (source.size === 0) throw new PermanentError('the recording has no bytes', { code: 'recording-empty' })
  const sniffed = sniff(await source.read(0, SNIFF_BYTES))
  if (sniffed.kind === 'other') {
    throw new PermanentError(`the recording is no audio: it is ${sniffed.what}`, { code: 'recording-not-audio' })
  }
  const { mediaType, extension } = sniffed
  if (extension !== '.wav') return { mediaType, extension, durationSec: null, channels: null }
  const header = await readWavHeader(source)
  proveComplete(header, announced)
  return { mediaType, extension, durationSec: header.durationSec, channels: header.channels }
}

/** Throws a PermanentError where the server itself says that it sends something else than audio. */
export function proveContentType(contentType: string | null): void {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === '' || type.startsWith('audio/') || type.endsWith('/octet-stream')) return
  throw new PermanentError(`the recording came as ${type}, which is no audio`, { code: 'recording-not-audio' })
}

/** What falls short of what was promised. */
export function truncated(message: string, source: Announcement['source']): RetryableError | PermanentError {
  const options = { code: 'recording-truncated' }
  return source === 'remote' ? new RetryableError(message, options) : new PermanentError(message, options)
}

function proveComplete(header: WavHeader, announced: Announcement): void {
  const seconds = header.durationSec.toFixed(1)
  if (header.extent === 'truncated') {
    throw truncated(`the recording is cut short: its header promises more than ${seconds} s`, announced.source)
  }
  const expected = announced.durationSec ?? 0
  const tolerated = Math.max(ROUNDING_SEC, expected * ROUNDING_SHARE)
  if (header.durationSec < expected - tolerated) {
    throw truncated(`the recording is cut short: ${seconds} s of the announced ${expected} s`, announced.source)
  }
}
