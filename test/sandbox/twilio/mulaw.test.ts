import { wavHeader } from 'aftercall/audio'
import { expect } from 'chai'
import { mulawChannels } from '../../../sandbox/twilio/mulaw.ts'

describe('mulawChannels', () => {
  const wav = (
    format: { encoding: 'mulaw' | 'pcm'; bits: number; rate?: number; channels?: number },
    sound: Buffer,
  ) => {
    const { encoding, bits, rate = 8_000, channels = 1 } = format
    return Buffer.concat([
      wavHeader({ encoding, bitsPerSample: bits, sampleRate: rate, channels }, sound.length),
      sound,
    ])
  }

  it('leaves µ-law as it is, but for the zero that is negative', async () => {
    const codes = Buffer.from(Array.from({ length: 256 }, (_, code) => code))
    const [channel] = await mulawChannels(wav({ encoding: 'mulaw', bits: 8 }, codes))
    expect(channel).to.deep.equal(Buffer.from(codes.map((code) => (code === 0x7f ? 0xff : code))))
  })

  it('encodes the extremes of PCM, each channel by itself', async () => {
    const sound = Buffer.alloc(8)
    sound.writeInt16LE(32_767, 0)
    sound.writeInt16LE(-32_768, 2)
    const [first, second] = await mulawChannels(wav({ encoding: 'pcm', bits: 16, channels: 2 }, sound))
    expect([first, second]).to.deep.equal([Buffer.from([0x80, 0xff]), Buffer.from([0x00, 0xff])])
  })

  it('refuses a rate that no call has', async () => {
    const refused = await mulawChannels(wav({ encoding: 'pcm', bits: 16, rate: 16_000 }, Buffer.alloc(4))).catch(
      (error: unknown) => error,
    )
    expect(refused).to.be.instanceOf(RangeError)
  })
})
