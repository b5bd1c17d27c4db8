import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Audio, type Call, PermanentError } from 'aftercall'
import { decodeChannel, readWavHeader, wavHeader, withFileSource } from 'aftercall/audio'
import {
  artifactOf,
  fileMedia,
  runAttempt,
  sampleCall,
  sampleRecording,
  testServices,
  transcodeConformance,
} from 'aftercall/testing'
import { expect } from 'chai'
import ffmpeg from '../../../plugins/transcode/ffmpeg.ts'
import { SAMPLE_FILE, sampleTurns } from '../../../sandbox/sample/index.ts'
import { tones } from '../../sandbox/twilio/tones.ts'
import { skipWithout } from '../../support/absent.ts'
import { freshFolder } from '../../support/folder.ts'
import { onSmallDisk } from '../../support/full-disk.ts'
import { needPrograms } from '../../support/programs.ts'
import { rejection } from '../../support/rejection.ts'

const run = promisify(execFile)

describe('transcode/ffmpeg', () => {
  needPrograms('ffmpeg')
  const folder = freshFolder()
  let workdir: string

  beforeEach(async () => {
    workdir = await mkdtemp(join(folder.path, 'work-'))
  })

  const written = async (bytes: string | Uint8Array, name = 'call') => {
    await writeFile(join(folder.path, name), bytes)
    return join(folder.path, name)
  }
  const input = (key: string, call: Partial<Call> = {}) => ({
    call: sampleCall(call),
    recording: sampleRecording({ key }),
  })
  const convert = async (
    key: string,
    options: Parameters<typeof runAttempt<typeof ffmpeg.contract, typeof ffmpeg.options>>[1] = {},
    overrides: { readonly signal?: AbortSignal; readonly call?: Partial<Call> } = {},
  ): Promise<Audio> => {
    const { call, ...context } = overrides
    const services = { media: fileMedia() }
    return artifactOf(await runAttempt(ffmpeg, options, input(key, call), { ...context, services, workdir }))
  }
  const failure = async (work: Promise<unknown>) => Object(await rejection(work))

  /** The pitch of a track in Hz, by counting how often its sound rises through zero. */
  const pitchOf = async (file: string) => {
    const bytes = await readFile(join(workdir, file))
    const header = await withFileSource(join(workdir, file), readWavHeader)
    let rises = 0
    let last = 0
    // A tenth of a second in, where the tone is at its full height.
    const sound = bytes.subarray(header.dataStart + 3200, header.dataStart + 3200 + 16_000)
    for (const sample of decodeChannel(header, sound, 0)) {
      if (last < 0 && sample >= 0) rises++
      last = sample
    }
    return rises * 2
  }

  transcodeConformance({
    name: 'transcode/ffmpeg',
    definition: ffmpeg,
    services: () => ({ media: fileMedia() }),
    input: async () => input(await written(tones(2, 2), 'conformance')),
  })

  it('makes of two channels two tracks, never mixed, and knows who speaks on which', async () => {
    const audio = await convert(await written(tones(2, 2)))
    expect(audio).to.include({ mediaType: 'audio/wav', sampleRate: 16_000, durationSec: 2, converted: true })
    expect(audio.tracks).to.deep.equal([
      { file: 'channel-0.wav', channel: 0, speaker: 'customer' },
      { file: 'channel-1.wav', channel: 1, speaker: 'agent' },
    ])
    expect(await pitchOf('channel-0.wav')).to.be.closeTo(440, 6)
    expect(await pitchOf('channel-1.wav')).to.be.closeTo(1000, 6)
    expect(await readdir(workdir)).to.have.members(['channel-0.wav', 'channel-1.wav'])
  })

  it('takes the first channel for the agent where an agent dialled out', async () => {
    const { tracks } = await convert(await written(tones(1, 2)), {}, { call: { direction: 'outbound-dial' } })
    expect(tracks.map(({ speaker }) => speaker)).to.deep.equal(['agent', 'customer'])
  })

  it('makes one track of one channel, of which nobody knows who speaks', async () => {
    const { tracks } = await convert(await written(tones(1, 1)))
    expect(tracks).to.deep.equal([{ file: 'channel-0.wav', channel: null, speaker: 'unknown' }])
  })

  it('takes two channels with the same sound for one', async () => {
    const sound = Buffer.alloc(32_000)
    for (let frame = 0; frame < 8000; frame++) {
      const sample = Math.round(Math.sin(frame / 5) * 10_000)
      sound.writeInt16LE(sample, frame * 4)
      sound.writeInt16LE(sample, frame * 4 + 2)
    }
    const format = { encoding: 'pcm', channels: 2, sampleRate: 8000, bitsPerSample: 16 } as const
    const { tracks } = await convert(await written(Buffer.concat([wavHeader(format, sound.length), sound])))
    expect(tracks).to.deep.equal([{ file: 'channel-0.wav', channel: null, speaker: 'unknown' }])
    expect(await readdir(workdir)).to.deep.equal(['channel-0.wav'])
  })

  it('splits a conference of four channels', async () => {
    const format = { encoding: 'pcm', channels: 4, sampleRate: 8000, bitsPerSample: 16 } as const
    const sound = Uint8Array.from({ length: 64_000 }, (_, index) => (index * 7) % 251)
    const { tracks } = await convert(await written(Buffer.concat([wavHeader(format, sound.length), sound])))
    expect(tracks.map(({ channel, speaker }) => [channel, speaker])).to.deep.equal(
      [0, 1, 2, 3].map((channel) => [channel, 'unknown']),
    )
  })

  it('reads the µ-law of the sample call', async () => {
    const { durationSec, tracks } = await convert(SAMPLE_FILE)
    expect(tracks).to.have.length(2)
    expect(durationSec).to.be.closeTo((sampleTurns.at(-1)?.end ?? 0) + 0.6, 1.1)
  })

  for (const [extension, codec, tracks] of [
    ['mp3', 'libmp3lame', 2],
    ['ogg', 'libvorbis', 2],
    ['flac', 'flac', 2],
    ['webm', 'libopus', 2],
    ['m4a', 'aac', 2],
  ] as const) {
    it(`reads ${extension}, by what is in it and not by its name`, async () => {
      const wav = await written(tones(2, 2))
      const file = join(folder.path, `call.${extension}`)
      await run('ffmpeg', ['-loglevel', 'error', '-i', wav, '-c:a', codec, '-ar', '48000', file])
      const audio = await convert(file)
      expect(audio.tracks).to.have.length(tracks)
      expect(audio.durationSec).to.be.closeTo(2, 0.2)
      expect(await pitchOf('channel-1.wav')).to.be.closeTo(1000, 12)
    })
  }

  it('refuses for good what only looks like audio, with ffmpeg’s reason', async () => {
    const garbage = Uint8Array.from({ length: 5000 }, (_, index) => (index * index * 31) % 256)
    const lookalikes = [
      Buffer.concat([Buffer.from('OggS'), garbage]),
      Buffer.concat([Buffer.from('fLaC'), garbage]),
      Buffer.concat([Buffer.from('ID3'), garbage]),
      Buffer.concat([Buffer.from('\0\0\0\x20ftypM4A '), garbage]),
    ]
    for (const bytes of lookalikes) {
      const error = await failure(convert(await written(bytes)))
      expect(error, bytes.toString('latin1', 0, 12)).to.be.instanceOf(PermanentError)
      expect(error).to.include({ code: 'recording-not-audio' })
      expect(error.message).to.match(/ffmpeg .+: .{10,}/)
    }
  })

  it('says that a recording without sound is empty', async () => {
    const format = { encoding: 'pcm', channels: 1, sampleRate: 8000, bitsPerSample: 16 } as const
    expect(await failure(convert(await written(wavHeader(format, 0))))).to.include({ code: 'recording-empty' })
    expect(await failure(convert(await written('')))).to.include({ code: 'recording-empty' })
  })

  it('converts what there is of a recording that was cut short', async () => {
    expect(await convert(await written(tones(4, 2).subarray(0, 44 + 64_000)))).to.include({ durationSec: 2 })
  })

  it('refuses what is larger or longer than allowed, and takes what just fits', async () => {
    const file = await written(tones(3, 1))
    expect(await failure(convert(file, { maxBytes: 1000 }))).to.be.instanceOf(PermanentError)
    const tooLong = await failure(convert(file, { maxDurationSec: 2 }))
    expect(tooLong).to.be.instanceOf(PermanentError)
    expect(tooLong.message).to.include('longer than 2 s')
    expect(await convert(file, { maxDurationSec: 3 })).to.include({ durationSec: 3 })
  })

  it('opens no file that a recording refers to', async () => {
    await written(tones(1, 1), 'secret.wav')
    const playlist = await written(`ffconcat version 1.0\nfile ${join(folder.path, 'secret.wav')}\n`)
    expect(await failure(convert(playlist))).to.include({ code: 'recording-not-audio' })
  })

  it('tries again later where the disk is full', async function () {
    const file = await written(tones(4, 2))
    // Room for the recording, and not for what becomes of it.
    const result = await onSmallDisk(workdir, 200 * 1024, async () => {
      expect(await failure(convert(file))).to.include({ name: 'RetryableError', code: 'disk-full' })
    })
    if (result === 'unmountable') skipWithout(this, 'a small disk cannot be mounted without root')
  })

  it('says what to install where there is no ffmpeg, and lives on', async () => {
    const options = { ffmpegPath: join(folder.path, 'no-such-program') }
    for (const recording of [tones(1, 1), Buffer.from('ID3 and so on')]) {
      const error = await failure(convert(await written(recording), options))
      expect(error).to.include({ name: 'UnavailableError', code: 'unavailable' })
      expect(error.remedy).to.include('Install ffmpeg')
    }
    const services = testServices()
    const driver = ffmpeg.create({ ...options, maxBytes: 1, maxDurationSec: 1 }, services)
    expect(await failure(driver.check?.() ?? Promise.resolve())).to.include({ name: 'UnavailableError' })
    expect(await convert(await written(tones(1, 1)))).to.include({ durationSec: 1 })
  })

  it('kills ffmpeg when it is aborted, and waits until it is gone', async () => {
    // Stands in for an ffmpeg that takes for ever: it tells its process id and ignores polite signals.
    const pidFile = join(folder.path, 'pid')
    const script = `#!/bin/sh\ntrap '' TERM INT\necho $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}\nwhile :; do sleep 1; done\n`
    const stubborn = await written(script, 'stubborn-ffmpeg')
    await chmod(stubborn, 0o755)
    const controller = new AbortController()
    const watcher = watch(folder.path)
    const converting = failure(
      convert(await written(tones(1, 1)), { ffmpegPath: stubborn }, { signal: controller.signal }),
    )
    let pid = Number.NaN
    while (Number.isNaN(pid)) {
      await once(watcher, 'change')
      pid = Number(await readFile(pidFile, 'utf8').catch(() => 'none yet'))
    }
    watcher.close()
    const reason = new Error('the run was cancelled')
    controller.abort(reason)
    expect(await converting).to.equal(reason)
    expect(() => process.kill(pid, 0)).to.throw('ESRCH')
  })
})
