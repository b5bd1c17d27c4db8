import { execFile } from 'node:child_process'
import { decodeChannel, type WavHeader, wavHeader } from 'aftercall/audio'

/** What can be downloaded of a recording. Twilio serves 16-bit PCM, however the call was coded. */
export interface Downloads {
  /** Every channel by itself. */
  readonly dual: () => Buffer
  /** All channels mixed into one: what Twilio gives unless asked otherwise, of dual recordings too. */
  readonly mono: () => Buffer
  /** The mono one as MP3. Needs ffmpeg. */
  readonly mp3: () => Promise<Buffer>
}

export function downloads(audio: Buffer, header: WavHeader): Downloads {
  const mono = once(() => encode(header, [mixed(samplesOf(audio, header))]))
  return {
    dual: once(() => encode(header, samplesOf(audio, header))),
    mono,
    mp3: once(() => toMp3(mono())),
  }
}

type Samples = readonly Float32Array[]

function samplesOf(audio: Buffer, header: WavHeader): Samples {
  const sound = audio.subarray(header.dataStart, header.dataStart + header.dataBytes)
  return Array.from({ length: header.channels }, (_, channel) => decodeChannel(header, sound, channel))
}

function mixed(channels: Samples): Float32Array {
  const [first = new Float32Array()] = channels
  return first.map((_, frame) => channels.reduce((sum, samples) => sum + (samples[frame] ?? 0), 0) / channels.length)
}

function encode(header: WavHeader, channels: Samples): Buffer {
  const frames = channels[0]?.length ?? 0
  const sound = Buffer.alloc(frames * channels.length * 2)
  for (const [channel, samples] of channels.entries()) {
    for (const [frame, sample] of samples.entries()) {
      const value = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)))
      sound.writeInt16LE(value, (frame * channels.length + channel) * 2)
    }
  }
  const format = { encoding: 'pcm', channels: channels.length, bitsPerSample: 16 } as const
  return Buffer.concat([wavHeader({ ...format, sampleRate: header.sampleRate }, sound.length), sound])
}

function toMp3(wav: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', maxBuffer: 1 << 28 } as const
    const flags = ['-hide_banner', '-loglevel', 'error', '-f', 'wav', '-i', 'pipe:0', '-f', 'mp3', 'pipe:1']
    const child = execFile('ffmpeg', flags, options, (error, stdout) => (error ? reject(error) : resolve(stdout)))
    child.stdin?.on('error', () => {}).end(wav)
  })
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
