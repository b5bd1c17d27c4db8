import { PermanentError } from 'aftercall'
import { bufferSource, readWavHeader, wavHeader } from 'aftercall/audio'
import { expect } from 'chai'
import fc from 'fast-check'

const pcm = { encoding: 'pcm', channels: 2, sampleRate: 8000, bitsPerSample: 16 } as const

/** One RIFF chunk, padded to an even length. */
function chunk(id: string, body: Buffer, claimed = body.length): Buffer {
  const head = Buffer.alloc(8)
  head.write(id, 0, 'latin1')
  head.writeUInt32LE(claimed, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

function riff(...chunks: readonly Buffer[]): Buffer {
  const body = Buffer.concat(chunks)
  return Buffer.concat([chunk('RIFF', Buffer.alloc(0), body.length + 4), Buffer.from('WAVE'), body])
}

function format(tag: number, channels: number, rate: number, bits: number, more = Buffer.alloc(0)): Buffer {
  const body = Buffer.alloc(16)
  body.writeUInt16LE(tag, 0)
  body.writeUInt16LE(channels, 2)
  body.writeUInt32LE(rate, 4)
  body.writeUInt32LE(rate * channels * (bits / 8), 8)
  body.writeUInt16LE(channels % 1000, 12)
  body.writeUInt16LE(bits, 14)
  return chunk('fmt ', Buffer.concat([body, more]))
}

const read = (bytes: Buffer) => readWavHeader(bufferSource(bytes))

async function codeOf(bytes: Buffer): Promise<string> {
  try {
    await read(bytes)
  } catch (error) {
    if (error instanceof PermanentError) return error.code
    throw error
  }
  return 'none'
}

describe('readWavHeader', () => {
  it('finds format, sound and duration', async () => {
    const header = await read(riff(format(1, 2, 8000, 16), chunk('data', Buffer.alloc(32_000))))
    expect(header).to.deep.equal({ ...pcm, dataStart: 44, dataBytes: 32_000, extent: 'complete', durationSec: 1 })
  })

  it('reads µ-law, A-law and float', async () => {
    for (const [tag, bits, encoding] of [
      [7, 8, 'mulaw'],
      [6, 8, 'alaw'],
      [3, 32, 'float'],
    ] as const) {
      const header = await read(riff(format(tag, 1, 8000, bits), chunk('data', Buffer.alloc(8000))))
      expect(header).to.include({ encoding, durationSec: 8 / bits })
    }
  })

  it('reads the encoding of an extensible format from its GUID', async () => {
    const extension = Buffer.from('16000800030000000700000000001000800000aa00389b71', 'hex')
    const header = await read(riff(format(0xfffe, 2, 8000, 8, extension), chunk('data', Buffer.alloc(16_000))))
    expect(header).to.include({ encoding: 'mulaw', durationSec: 1 })
    expect(await codeOf(riff(format(0xfffe, 2, 8000, 8), chunk('data', Buffer.alloc(16))))).to.equal(
      'recording-not-audio',
    )
  })

  it('takes the duration of an encoding that it does not know from the byte rate', async () => {
    const header = await read(riff(format(0x31, 1, 1625, 8), chunk('data', Buffer.alloc(3250))))
    expect(header).to.include({ encoding: 'other', durationSec: 2 })
  })

  it('finds its chunks in any order, among others, and after padding', async () => {
    const list = chunk('LIST', Buffer.from('odd'))
    const header = await read(riff(list, chunk('data', Buffer.alloc(64)), list, format(1, 2, 8000, 16)))
    expect(header).to.include({ dataBytes: 64, dataStart: 12 + 12 + 8 })
  })

  it('counts whole frames only', async () => {
    const header = await read(riff(format(1, 2, 8000, 16), chunk('data', Buffer.alloc(63))))
    expect(header.dataBytes).to.equal(60)
  })

  it('tells a truncated file from one that was written while streaming', async () => {
    const sound = Buffer.alloc(1000)
    const at = (claimed: number) => read(riff(format(1, 1, 8000, 16), chunk('data', sound, claimed)))
    expect(await at(1002)).to.include({ extent: 'truncated', dataBytes: 1000 })
    expect(await at(0xffffffff)).to.include({ extent: 'open-ended', dataBytes: 1000 })
    expect(await at(0x7ffff000)).to.include({ extent: 'open-ended', dataBytes: 1000 })
  })

  it('believes the size of the whole, where only its beginning is at hand', async () => {
    const whole = riff(format(1, 1, 8000, 16), chunk('data', Buffer.alloc(16_000)))
    const header = await readWavHeader(bufferSource(whole.subarray(0, 512), whole.length))
    expect(header).to.include({ extent: 'complete', durationSec: 1 })
  })

  it('names what is wrong with files that are no usable WAV', async () => {
    const data = chunk('data', Buffer.alloc(8))
    const good = format(1, 1, 8000, 16)
    const cases: readonly (readonly [string, Buffer, string])[] = [
      ['no bytes', Buffer.alloc(0), 'recording-empty'],
      ['no sound', riff(good, chunk('data', Buffer.alloc(0))), 'recording-empty'],
      ['no data chunk', riff(good), 'recording-not-audio'],
      ['no format chunk', riff(data), 'recording-not-audio'],
      ['zero channels', riff(format(1, 0, 8000, 16), data), 'recording-not-audio'],
      ['30000 channels', riff(format(1, 30_000, 8000, 16), data), 'recording-not-audio'],
      ['zero hertz', riff(format(1, 1, 0, 16), data), 'recording-not-audio'],
      ['0 bits', riff(format(1, 1, 8000, 0), data), 'recording-not-audio'],
      ['13 bits', riff(format(1, 1, 8000, 13), data), 'recording-not-audio'],
      ['a short format chunk', riff(chunk('fmt ', Buffer.alloc(4)), data), 'recording-not-audio'],
      ['unknown encoding of no rate', riff(format(0x31, 1, 1, 0), data), 'recording-not-audio'],
      ['cut in its format chunk', riff(good).subarray(0, 25), 'recording-truncated'],
      ['cut in another chunk', riff(chunk('LIST', Buffer.alloc(4), 4_000_000_000), good, data), 'recording-truncated'],
      ['XML', Buffer.from('<?xml version="1.0"?><RestException/>'), 'recording-not-audio'],
      ['an AVI file', Buffer.concat([Buffer.from('RIFF....AVI '), Buffer.alloc(100)]), 'recording-not-audio'],
    ]
    for (const [name, bytes, code] of cases) expect(await codeOf(bytes), name).to.equal(code)
  })

  it('gives up on a file of endless empty chunks', async () => {
    let reads = 0
    const zeros = bufferSource(riff(Buffer.alloc(1 << 20)))
    const counted = {
      ...zeros,
      read: (at: number, n: number) => {
        reads++
        return zeros.read(at, n)
      },
    }
    await readWavHeader(counted).then(
      () => expect.fail('took it for a WAV file'),
      (error) => expect(error).to.include({ code: 'recording-not-audio' }),
    )
    expect(reads).to.be.below(300)
  })

  it('throws only PermanentErrors and never reads far, whatever the bytes', async () => {
    const start = riff(format(1, 2, 8000, 16), chunk('data', Buffer.alloc(40)))
    const edit = fc.tuple(fc.nat(start.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 12 }), fc.nat(start.length), async (edits, length) => {
        const bytes = Buffer.from(start)
        for (const [at, value] of edits) bytes[at] = value
        const source = bufferSource(bytes.subarray(0, length))
        const bounded = {
          size: source.size,
          read: (at: number, n: number) => {
            expect(n).to.be.at.most(64)
            return source.read(at, n)
          },
        }
        const header = await readWavHeader(bounded).catch((error) => {
          expect(error).to.be.instanceOf(PermanentError)
        })
        if (header) {
          expect(header.dataStart + header.dataBytes).to.be.at.most(length)
          expect(header.durationSec).to.be.above(0)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('wavHeader', () => {
  it('is read back as it was written, for every encoding', async () => {
    const shapes = fc.constantFrom(
      { encoding: 'pcm', bitsPerSample: 8 } as const,
      { encoding: 'pcm', bitsPerSample: 16 } as const,
      { encoding: 'pcm', bitsPerSample: 24 } as const,
      { encoding: 'float', bitsPerSample: 32 } as const,
      { encoding: 'mulaw', bitsPerSample: 8 } as const,
      { encoding: 'alaw', bitsPerSample: 8 } as const,
    )
    const property = fc.asyncProperty(
      shapes,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 192_000 }),
      fc.integer({ min: 1, max: 100 }),
      async (shape, channels, sampleRate, frames) => {
        const given = { ...shape, channels, sampleRate }
        const dataBytes = frames * channels * (shape.bitsPerSample / 8)
        const header = wavHeader(given, dataBytes)
        const { dataStart, durationSec, ...rest } = await read(Buffer.concat([header, Buffer.alloc(dataBytes)]))
        expect(rest).to.deep.equal({ ...given, dataBytes, extent: 'complete' })
        expect(dataStart).to.equal(header.length)
        expect(durationSec).to.be.closeTo(frames / sampleRate, 1e-9)
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })

  it('refuses more sound than a WAV file can hold', () => {
    expect(() => wavHeader(pcm, 2 ** 32)).to.throw(RangeError)
  })
})
