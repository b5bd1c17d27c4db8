import { PermanentError } from '../contracts/index.ts'
import type { ByteSource } from './byte-source.ts'
import { frameBytes, notAudio, parseFormat, type WavFormat } from './wav-format.ts'

/** Where the sound of a WAV file lies, and what it is. */
export interface WavHeader extends WavFormat {
  /** Position of the first byte of sound. */
  readonly dataStart: number
  /** Bytes of sound that are there: whole frames only, never beyond the end of the source. */
  readonly dataBytes: number
  /**
   * `complete`: all the sound that the header promises is there. `truncated`: less. `open-ended`: the header gives no
   * length, because whoever wrote it was streaming (ffmpeg into a pipe, say), so the sound goes to the end.
   */
  readonly extent: 'complete' | 'truncated' | 'open-ended'
  readonly durationSec: number
}

/** A header whose chunks do not come to an end within so many is forged: each costs one read of eight bytes. */
const MAX_CHUNKS = 256
/** The longest known `fmt ` chunk has 40 bytes; what some encodings append is of no interest here. */
const MAX_FORMAT_BYTES = 64
/** Who streams a WAV file cannot know its length: ffmpeg writes 0xffffffff, sox a little less than 2 GiB, others 0. */
const UNKNOWN_FROM = 0x7ffff000

interface Chunk {
  readonly id: string
  readonly start: number
  readonly length: number
}

/**
 * Reads the header of a RIFF/WAVE file in bounded time and memory, whatever the sizes in it say: chunks in any order,
 * `fmt ` of every shape. Throws PermanentError `recording-not-audio` (no WAV, or a forged one), `recording-truncated`
 * (it ends within its header) or `recording-empty` (no sound in it).
 */
export async function readWavHeader(source: ByteSource): Promise<WavHeader> {
  const riff = await source.read(0, 12)
  if (riff.length === 0) throw empty('the file has no bytes')
  if (riff.toString('latin1', 0, 4) !== 'RIFF' || riff.toString('latin1', 8, 12) !== 'WAVE') {
    throw notAudio('it does not begin with RIFF and WAVE')
  }
  let format: ReturnType<typeof parseFormat> | undefined
  let data: Chunk | undefined
  let position = 12
  for (let count = 0; count < MAX_CHUNKS && !(format && data); count++) {
    const chunk = await readChunk(source, position)
    if (chunk === undefined) break
    if (chunk.id === 'fmt ') format ??= parseFormat(await readBody(source, chunk))
    if (chunk.id === 'data') data ??= chunk
    // Chunks begin at even positions: one of odd length is followed by a byte of padding.
    position = chunk.start + chunk.length + (chunk.length % 2)
  }
  if (format === undefined || data === undefined) throw missing(format === undefined ? 'fmt' : 'data', position, source)
  return measure(format, data, isOpenEnded(riff.readUInt32LE(4), data, source.size), source.size)
}

async function readChunk(source: ByteSource, position: number): Promise<Chunk | undefined> {
  const head = await source.read(position, 8)
  if (head.length < 8) return undefined
  return { id: head.toString('latin1', 0, 4), length: head.readUInt32LE(4), start: position + 8 }
}

async function readBody(source: ByteSource, chunk: Chunk): Promise<Buffer> {
  const wanted = Math.min(chunk.length, MAX_FORMAT_BYTES)
  const body = await source.read(chunk.start, wanted)
  if (body.length < wanted) throw truncated('it ends within its format chunk')
  return body
}

/** A length of 0 may also be meant: only where the whole file claims none either was it written by a streamer. */
function isOpenEnded(riffLength: number, data: Chunk, size: number): boolean {
  if (data.length === 0) return riffLength === 0 || riffLength >= UNKNOWN_FROM
  return data.length >= UNKNOWN_FROM && data.start + data.length > size
}

function measure(parsed: ReturnType<typeof parseFormat>, data: Chunk, openEnded: boolean, size: number): WavHeader {
  const { claimedByteRate, ...format } = parsed
  const available = Math.max(0, size - data.start)
  const bytes = openEnded ? available : Math.min(data.length, available)
  const decodable = format.encoding !== 'other'
  const frame = decodable ? frameBytes(format) : 1
  const dataBytes = bytes - (bytes % frame)
  if (dataBytes === 0) throw empty(available < data.length ? 'it ends before its sound begins' : 'it holds no sound')
  const byteRate = decodable ? frame * format.sampleRate : claimedByteRate
  if (byteRate === 0) throw notAudio('it claims to play no bytes per second')
  return {
    ...format,
    dataStart: data.start,
    dataBytes,
    extent: openEnded ? 'open-ended' : data.length > available ? 'truncated' : 'complete',
    durationSec: dataBytes / byteRate,
  }
}

function missing(chunk: string, position: number, source: ByteSource): PermanentError {
  if (position > source.size) return truncated(`it ends before its ${chunk} chunk`)
  return notAudio(`it has no ${chunk} chunk`)
}

function truncated(reason: string): PermanentError {
  return new PermanentError(`the WAV file is cut short: ${reason}`, { code: 'recording-truncated' })
}

function empty(reason: string): PermanentError {
  return new PermanentError(`the WAV file is empty: ${reason}`, { code: 'recording-empty' })
}
