import { wavHeader } from 'aftercall/audio'

const RATE = 8000
const PITCHES = [440, 1000]

/** A WAV file of 16-bit PCM at 8 kHz, with a tone of its own on each channel; it pauses every second. */
export function tones(seconds: number, channels: 1 | 2): Buffer {
  const frames = Math.round(seconds * RATE)
  const sound = Buffer.alloc(frames * channels * 2)
  for (let frame = 0; frame < frames; frame++) {
    for (let channel = 0; channel < channels; channel++) {
      const second = frame / RATE
      const loud = second % 1 < 0.7 ? 12_000 : 0
      const sample = Math.sin(2 * Math.PI * (PITCHES[channel] ?? 0) * second) * loud
      sound.writeInt16LE(Math.round(sample), (frame * channels + channel) * 2)
    }
  }
  return Buffer.concat([
    wavHeader({ encoding: 'pcm', channels, sampleRate: RATE, bitsPerSample: 16 }, sound.length),
    sound,
  ])
}
