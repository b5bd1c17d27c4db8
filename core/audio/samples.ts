import { frameBytes, type WavFormat } from './wav-format.ts'

/** The samples of one channel (from 0), from -1 to 1, out of bytes that begin with a frame; a part of one is left out. */
export function decodeChannel(format: WavFormat, bytes: Buffer, channel: number): Float32Array {
  const read = sampleReader(format)
  const frame = frameBytes(format)
  const first = channel * (format.bitsPerSample / 8)
  const samples = new Float32Array(Math.floor(bytes.length / frame))
  for (let index = 0; index < samples.length; index++) samples[index] = read(bytes, first + index * frame)
  return samples
}

type SampleReader = (bytes: Buffer, position: number) => number

/** Throws RangeError for an encoding that is not decoded here. */
function sampleReader({ encoding, bitsPerSample }: WavFormat): SampleReader {
  switch (encoding) {
    case 'pcm':
      return pcmReader(bitsPerSample / 8)
    case 'float':
      return bitsPerSample === 32 ? (bytes, at) => bytes.readFloatLE(at) : (bytes, at) => bytes.readDoubleLE(at)
    case 'mulaw':
      return (bytes, at) => MULAW[bytes.readUInt8(at)] ?? 0
    case 'alaw':
      return (bytes, at) => ALAW[bytes.readUInt8(at)] ?? 0
    case 'other':
      throw new RangeError('samples of this encoding are not decoded here')
  }
}

function pcmReader(width: number): SampleReader {
  // 8-bit PCM is unsigned, the wider ones are signed.
  if (width === 1) return (bytes, at) => (bytes.readUInt8(at) - 128) / 128
  if (width === 2) return (bytes, at) => bytes.readInt16LE(at) / 32_768
  const scale = 2 ** (width * 8 - 1)
  return (bytes, at) => bytes.readIntLE(at, width) / scale
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
