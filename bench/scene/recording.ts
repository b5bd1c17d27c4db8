import { wavHeader } from 'aftercall/audio'

const RATE = 8_000
const PITCH_HZ = 140
const SYLLABLES_PER_SEC = 4

/**
 * A second of something like a voice, as a phone records it: harmonics that fade, in syllables with pauses between
 * them. One channel, 16-bit PCM, 8 kHz. Nobody can understand it, but it is not silence, so that it is transcribed.
 */
export function voiceLikeSecond(): Buffer {
  const sound = Buffer.alloc(RATE * 2)
  for (let frame = 0; frame < RATE; frame++) {
    const second = frame / RATE
    const loudness = Math.max(0, Math.sin(2 * Math.PI * SYLLABLES_PER_SEC * second)) * 6_000
    const voice = [1, 2, 3, 4, 5].reduce((sum, n) => sum + Math.sin(2 * Math.PI * PITCH_HZ * n * second) / n, 0)
    sound.writeInt16LE(Math.round(voice * loudness), frame * 2)
  }
  const header = wavHeader({ encoding: 'pcm', channels: 1, sampleRate: RATE, bitsPerSample: 16 }, sound.length)
  return Buffer.concat([header, sound])
}
