import { frameBytes, type WavEncoding, type WavFormat } from './wav-format.ts'

const TAG_OF: Readonly<Record<Exclude<WavEncoding, 'other'>, number>> = { pcm: 1, float: 3, alaw: 6, mulaw: 7 }
/** RIFF writes its size, which leaves out the first eight bytes, into 32 bits. */
const MAX_RIFF_BYTES = 0xffffffff

/**
 * The header that goes before `dataBytes` bytes of sound: 44 bytes for PCM, 58 for the others, which by the RIFF
 * specification need an extension size and a `fact` chunk. Throws RangeError where a WAV file cannot hold as much.
 */
export function wavHeader(format: WavFormat, dataBytes: number): Buffer {
  if (format.encoding === 'other') throw new RangeError('cannot write a header of an unknown encoding')
  const frame = frameBytes(format)
  const plain = format.encoding === 'pcm'
  const header = Buffer.alloc(plain ? 44 : 58)
  const riffBytes = header.length - 8 + dataBytes
  if (riffBytes > MAX_RIFF_BYTES) throw new RangeError(`a WAV file cannot hold ${dataBytes} bytes of sound`)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(riffBytes, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(plain ? 16 : 18, 16)
  header.writeUInt16LE(TAG_OF[format.encoding], 20)
  header.writeUInt16LE(format.channels, 22)
  header.writeUInt32LE(format.sampleRate, 24)
  header.writeUInt32LE(format.sampleRate * frame, 28)
  header.writeUInt16LE(frame, 32)
  header.writeUInt16LE(format.bitsPerSample, 34)
  if (!plain) {
    header.write('fact', 38, 'latin1')
    header.writeUInt32LE(4, 42)
    header.writeUInt32LE(Math.floor(dataBytes / frame), 46)
  }
  header.write('data', header.length - 8, 'latin1')
  header.writeUInt32LE(dataBytes, header.length - 4)
  return header
}
