import { PermanentError } from '../contracts/index.ts'

/** How samples are coded. `other` (ADPCM, GSM, …) is audio that ffmpeg can read and we cannot. */
export type WavEncoding = 'pcm' | 'float' | 'mulaw' | 'alaw' | 'other'

/** The `fmt ` chunk of a WAV file, checked. */
export interface WavFormat {
  readonly encoding: WavEncoding
  readonly channels: number
  /** Frames (one sample of each channel) per second. */
  readonly sampleRate: number
  /** Bits of one sample of one channel; what the file says, also where the encoding is `other`. */
  readonly bitsPerSample: number
}

/** Format tags of RFC 2361 (WAVE and AVI codec registries). */
const TAGS: ReadonlyMap<number, WavEncoding> = new Map([
  [0x0001, 'pcm'],
  [0x0003, 'float'],
  [0x0006, 'alaw'],
  [0x0007, 'mulaw'],
])
const EXTENSIBLE = 0xfffe
/** Bytes 2 to 15 of the sub-format GUID of every format that also has a tag. */
const TAGGED_GUID_END = Buffer.from('000000001000800000aa00389b71', 'hex')

const BITS: Readonly<Record<WavEncoding, readonly number[] | undefined>> = {
  pcm: [8, 16, 24, 32],
  float: [32, 64],
  mulaw: [8],
  alaw: [8],
  other: undefined,
}

/** Phone recordings have two channels, conference systems perhaps eight; thousands are a forged header. */
const MAX_CHANNELS = 64
const MAX_SAMPLE_RATE = 768_000

/** A format and the bytes per second that the file claims, from the body of a `fmt ` chunk (at least 16 bytes). */
export function parseFormat(body: Buffer): WavFormat & { readonly claimedByteRate: number } {
  if (body.length < 16) throw notAudio(`its format chunk has ${body.length} bytes, 16 are the least`)
  const format: WavFormat = {
    encoding: encodingOf(body),
    channels: body.readUInt16LE(2),
    sampleRate: body.readUInt32LE(4),
    bitsPerSample: body.readUInt16LE(14),
  }
  if (format.channels < 1 || format.channels > MAX_CHANNELS) throw notAudio(`it claims ${format.channels} channels`)
  if (format.sampleRate < 1 || format.sampleRate > MAX_SAMPLE_RATE) {
    throw notAudio(`it claims a sample rate of ${format.sampleRate} Hz`)
  }
  const bits = BITS[format.encoding]
  if (bits !== undefined && !bits.includes(format.bitsPerSample)) {
    throw notAudio(`it claims ${format.bitsPerSample} bits per ${format.encoding} sample`)
  }
  return { ...format, claimedByteRate: body.readUInt32LE(8) }
}

/** Bytes of one frame: one sample of each channel. */
export function frameBytes(format: WavFormat): number {
  return format.channels * (format.bitsPerSample / 8)
}

/** A PermanentError that says why these bytes are no WAV file. */
export function notAudio(reason: string): PermanentError {
  return new PermanentError(`not a usable WAV file: ${reason}`, { code: 'recording-not-audio' })
}

function encodingOf(body: Buffer): WavEncoding {
  const tag = body.readUInt16LE(0)
  if (tag !== EXTENSIBLE) return TAGS.get(tag) ?? 'other'
  if (body.length < 40) throw notAudio('its extensible format chunk is cut short')
  const tagged = body.subarray(26, 40).equals(TAGGED_GUID_END)
  return (tagged && TAGS.get(body.readUInt16LE(24))) || 'other'
}
