import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { wavHeader } from 'aftercall/audio'
import { artifactOf, fileMedia, runAttempt, sampleCall, sampleRecording, transcodeConformance } from 'aftercall/testing'
import { expect } from 'chai'
import passthrough from '../../../plugins/transcode/passthrough.ts'
import { tones } from '../../sandbox/twilio/tones.ts'
import { freshFolder } from '../../support/folder.ts'
import { rejection } from '../../support/rejection.ts'

describe('transcode/passthrough', () => {
  const folder = freshFolder()

  const input = async (bytes: string | Uint8Array) => {
    await writeFile(join(folder.path, 'given'), bytes)
    return { call: sampleCall(), recording: sampleRecording({ key: join(folder.path, 'given') }) }
  }
  const pass = async (bytes: string | Uint8Array, options: { readonly maxBytes?: number } = {}) => {
    const overrides = { services: { media: fileMedia() }, workdir: await mkdtemp(join(folder.path, 'work-')) }
    const audio = artifactOf(await runAttempt(passthrough, options, await input(bytes), overrides))
    return { audio, kept: await readFile(join(overrides.workdir, audio.tracks[0]?.file ?? '')) }
  }

  transcodeConformance({
    name: 'transcode/passthrough',
    definition: passthrough,
    services: () => ({ media: fileMedia() }),
    input: () => input(tones(1, 2)),
  })

  it('gives the recording on byte by byte, unconverted', async () => {
    const { audio, kept } = await pass(tones(1, 2))
    expect(kept).to.deep.equal(tones(1, 2))
    expect(audio).to.deep.equal({
      tracks: [{ file: 'recording.wav', channel: null, speaker: 'unknown' }],
      mediaType: 'audio/wav',
      sampleRate: 8000,
      durationSec: 1,
      converted: false,
    })
  })

  it('keeps the extension that the bytes ask for', async () => {
    const { audio } = await pass('OggS and so on')
    expect(audio.tracks[0]?.file).to.equal('recording.ogg')
    expect(audio).to.include({ mediaType: 'audio/ogg', sampleRate: null, durationSec: null, converted: false })
  })

  it('says so where the recording already is what a conversion would make', async () => {
    const format = { encoding: 'pcm', channels: 1, sampleRate: 16_000, bitsPerSample: 16 } as const
    const { audio } = await pass(Buffer.concat([wavHeader(format, 32_000), Buffer.alloc(32_000)]))
    expect(audio).to.include({ converted: true, durationSec: 1 })
  })

  it('refuses what is larger than allowed', async () => {
    const refused = await rejection(pass(tones(1, 1), { maxBytes: 100 }))
    expect(refused).to.include({ name: 'PermanentError' })
  })
})
