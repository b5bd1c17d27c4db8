import { bufferSource, isSilent, measureLevel, readWavHeader, wavHeader } from 'aftercall/audio'
import { expect } from 'chai'

const RATE = 8000

/** A mono 16-bit recording of `seconds`, sample by sample from -1 to 1. */
function recording(seconds: number, sampleAt: (second: number) => number): Buffer {
  const sound = Buffer.alloc(seconds * RATE * 2)
  for (let index = 0; index < seconds * RATE; index++) {
    sound.writeInt16LE(Math.round(sampleAt(index / RATE) * 32_767), index * 2)
  }
  const format = { encoding: 'pcm', channels: 1, sampleRate: RATE, bitsPerSample: 16 } as const
  return Buffer.concat([wavHeader(format, sound.length), sound])
}

async function measure(bytes: Buffer, channel = 0) {
  const source = bufferSource(bytes)
  return await measureLevel(source, await readWavHeader(source), channel)
}

const tone = (second: number) => Math.sin(2 * Math.PI * 440 * second)
/** The same noise every time: a linear congruential generator. */
function noise(): () => number {
  let state = 1
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 30 - 1
  }
}

describe('measureLevel and isSilent', () => {
  it('measures a full-scale sine as -3 dB', async () => {
    const level = await measure(recording(2, tone))
    expect(level.loudestDb).to.be.closeTo(-3, 0.1)
    expect(level.noiseFloorDb).to.be.closeTo(-3, 0.6)
  })

  it('finds digital silence and the idle noise of a line silent', async () => {
    const hiss = noise()
    expect(isSilent(await measure(recording(2, () => 0)))).to.equal(true)
    expect(isSilent(await measure(recording(2, () => hiss() * 0.0005)))).to.equal(true)
  })

  it('finds steady noise and a steady tone silent, however loud', async () => {
    const hiss = noise()
    expect(isSilent(await measure(recording(3, () => hiss() * 0.2)))).to.equal(true)
    expect(isSilent(await measure(recording(3, (second) => tone(second) * 0.3)))).to.equal(true)
  })

  it('hears bursts above a noisy floor, quiet ones too, and one short word', async () => {
    const hiss = noise()
    const bursts = (second: number) => (second % 1 < 0.4 ? tone(second) : 0)
    expect(isSilent(await measure(recording(3, (s) => bursts(s) * 0.3 + hiss() * 0.05)))).to.equal(false)
    expect(isSilent(await measure(recording(3, (s) => bursts(s) * 0.01)))).to.equal(false)
    expect(isSilent(await measure(recording(0.5, tone)))).to.equal(false)
  })

  it('measures each channel by itself, in every encoding of a phone line', async () => {
    // Codes of digital silence and of the loudest sample: ITU-T G.711.
    const codes = [
      ['mulaw', 0xff, 0x80],
      ['alaw', 0xd5, 0xaa],
    ] as const
    for (const [encoding, silence, loud] of codes) {
      const sound = Buffer.alloc(16_000)
      for (let frame = 0; frame < 8000; frame++) {
        sound[frame * 2] = silence
        sound[frame * 2 + 1] = loud
      }
      const format = { encoding, channels: 2, sampleRate: 8000, bitsPerSample: 8 } as const
      const bytes = Buffer.concat([wavHeader(format, sound.length), sound])
      expect((await measure(bytes, 0)).loudestDb, encoding).to.be.below(-70)
      expect((await measure(bytes, 1)).loudestDb, encoding).to.be.closeTo(0, 0.2)
    }
  })

  it('stops when its signal aborts', async () => {
    const source = bufferSource(recording(1, tone))
    const header = await readWavHeader(source)
    const reason = new Error('cancelled')
    await measureLevel(source, header, 0, AbortSignal.abort(reason)).then(
      () => expect.fail('went on'),
      (error) => expect(error).to.equal(reason),
    )
  })
})
