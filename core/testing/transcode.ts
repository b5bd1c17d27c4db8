import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { TSchema } from 'typebox'
import { type Audio, type Media, PermanentError, transcode } from '../contracts/index.ts'
import { withContext } from './attempt.ts'
import { driverConformance } from './driver.ts'
import { artifactOf } from './output.ts'
import { type Subject, withDriver } from './subject.ts'

/** What strangers send instead of audio. */
const NOT_AUDIO = [
  '<?xml version="1.0"?><TwilioResponse><RestException><Status>404</Status></RestException></TwilioResponse>',
  '#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n',
  '',
]

/** What `transcode` promises: see the prose of the contract. */
export function transcodeConformance<Options extends TSchema>(subject: Subject<typeof transcode, Options>): void {
  describe(`${subject.name} keeps the contract of transcode`, () => {
    driverConformance(subject, transcode)

    it('gives each channel a track of its own, or leaves the recording whole', () =>
      withDriver(subject, async ({ attempt, input }) => {
        const { tracks } = artifactOf(await attempt())
        const channels = tracks.map((track) => track.channel)
        if (tracks.length === 1 && channels[0] === null) return
        assert.deepEqual(channels, [...tracks.keys()])
        assert.equal(tracks.length, input.recording.channels ?? tracks.length)
      }))

    it('says `converted` only of 16 kHz mono 16-bit PCM WAV', () =>
      withDriver(subject, ({ driver, input }) =>
        withContext({}, async (context) => {
          const produced = artifactOf(await driver.run(input, context))
          if (!produced.converted) return
          for (const track of produced.tracks) await checkFormat(produced, join(context.workdir, track.file))
        }),
      ))

    it('refuses for good what is no audio', async () => {
      for (const text of NOT_AUDIO) {
        const media: Media = { ...refusing, open: async () => ({ stream: Readable.from([text]), total: text.length }) }
        const strange: typeof subject = { ...subject, services: () => ({ media }) }
        await withDriver(strange, async ({ attempt }) => {
          await assert.rejects(attempt(), PermanentError, `took ${JSON.stringify(text.slice(0, 20))} for audio`)
        })
      }
    })
  })
}

const refusing: Pick<Media, 'delete'> = {
  async delete() {
    throw new Error('transcode has no business deleting recordings')
  },
}

/** The first 36 bytes of a plain WAV file: RIFF, size, WAVE, `fmt ` and its 16 bytes. */
async function checkFormat(produced: Audio, path: string): Promise<void> {
  const file = await open(path)
  try {
    const { buffer: head } = await file.read(Buffer.alloc(36), 0, 36, 0)
    assert.equal(head.toString('latin1', 0, 4), 'RIFF')
    assert.equal(head.toString('latin1', 8, 16), 'WAVEfmt ')
    assert.equal(head.readUInt16LE(20), 1, 'PCM')
    assert.equal(head.readUInt16LE(22), 1, 'one channel')
    assert.equal(head.readUInt32LE(24), 16_000, '16 kHz')
    assert.equal(head.readUInt16LE(34), 16, '16 bits')
    assert.equal(produced.sampleRate, 16_000)
    assert.equal(produced.mediaType, 'audio/wav')
  } finally {
    await file.close()
  }
}
