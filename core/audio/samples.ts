import { frameBytes, type WavFormat } from './wav-format.ts'

/** Reads the sample at a byte position, as a number from -1 to 1. */
export type SampleReader = (bytes: Buffer, position: number) => number

/** How samples of this format are read. Throws RangeError for an encoding that is not decoded here. */
export function sampleReader(format: WavFormat): SampleReader {
  switch (format.encoding) {
    case 'pcm':
      return pcmReader(format.bitsPerSample / 8)
    case 'float':
      return format.bitsPerSample === 32 ? (b, at) => b.readFloatLE(at) : (b, at) => b.readDoubleLE(at)
    case 'mulaw':
      return tableReader(MULAW)
    case 'alaw':
      return tableReader(ALAW)
    case 'other':
      throw new RangeError('samples of this encoding are not decoded here')
  }
}

/** The samples of one channel (from 0), out of bytes that begin with a frame. */
export function* channelSamples(format: WavFormat, bytes: Buffer, channel: number): Generator<number> {
  const read = sampleReader(format)
  const frame = frameBytes(format)
  const first = channel * (format.bitsPerSample / 8)
  for (let position = first; position + frame - first <= bytes.length; position += frame) yield read(bytes, position)
}

function pcmReader(bytes: number): SampleReader {
  // 8-bit PCM is unsigned, the wider ones are signed.
  if (bytes === 1) return (b, at) => (b.readUInt8(at) - 128) / 128
  const scale = 2 ** (bytes * 8 - 1)
  return (b, at) => b.readIntLE(at, bytes) / scale
}

function tableReader(table: Float32Array): SampleReader {
  return (bytes, at) => table[bytes.readUInt8(at)] ?? 0
}

/** ITU-T G.711, µ-law: inverted bits; sign, three bits of exponent, four of mantissa; bias 33 on 14 bits. */
const MULAW = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff
  const exponent = (bits >> 4) & 7
  const magnitude = ((((bits & 15) << 1) + 33) << exponent) - 33
  return ((bits & 0x80) === 0 ? magnitude : -magnitude) / 8192
})

/** ITU-T G.711, A-law: every other bit inverted; sign, three bits of exponent, four of mantissa; 13 bits. */
const ALAW = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 15) << 1) + 1
  const magnitude = exponent === 0 ? mantissa : (mantissa + 32) << (exponent - 1)
  return ((bits & 0x80) === 0 ? -magnitude : magnitude) / 4096
})
