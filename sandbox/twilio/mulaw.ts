import { bufferSource, decodeChannel, readWavHeader } from 'aftercall/audio'

/** The channels of a WAV file of 8 kHz as µ-law, which is what Twilio streams. Throws RangeError for another rate. */
export async function mulawChannels(wav: Buffer): Promise<readonly Buffer[]> {
  const header = await readWavHeader(bufferSource(wav))
  if (header.sampleRate !== 8_000) throw new RangeError(`a call has 8,000 samples a second, not ${header.sampleRate}`)
  const sound = wav.subarray(header.dataStart, header.dataStart + header.dataBytes)
  return Array.from({ length: header.channels }, (_, channel) =>
    Buffer.from(decodeChannel(header, sound, channel).map(encode)),
  )
}

const BIAS = 33
const LOUDEST = 8158

/** ITU-T G.711: sign, three bits of exponent, four of mantissa, all inverted; 14 bits, biased by 33. */
function encode(sample: number): number {
  const magnitude = Math.min(Math.round(Math.abs(sample) * 8192), LOUDEST) + BIAS
  const exponent = Math.floor(Math.log2(magnitude)) - 5
  const mantissa = (magnitude >> (exponent + 1)) & 15
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff
}
