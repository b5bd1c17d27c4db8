import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type Audio, defineDriver, Type, transcode } from 'aftercall'
import type { WavHeader } from 'aftercall/audio'
import { fetchRecording } from './_fetched.ts'

const options = Type.Object(
  {
    maxBytes: Type.Integer({
      default: 2 * 1024 ** 3,
      minimum: 1,
      description: 'Largest recording that is taken, in bytes',
    }),
  },
  { additionalProperties: false },
)

export default defineDriver(transcode, {
  description: 'Gives the recording on as it is: for speech recognition that reads the format itself',
  options,
  create: ({ maxBytes }, services) => ({
    async run({ recording }, { workdir, signal }) {
      signal.throwIfAborted()
      const { file, sniffed, header } = await fetchRecording(services.media, recording, workdir, maxBytes, signal)
      // Services for speech recognition go by the extension.
      const named = `${file}${sniffed.extension}`
      await rename(join(workdir, file), join(workdir, named))
      const audio: Audio = {
        tracks: [{ file: named, channel: null, speaker: 'unknown' }],
        mediaType: sniffed.mediaType,
        sampleRate: header?.sampleRate ?? null,
        durationSec: header?.durationSec ?? null,
        converted: header !== undefined && isConverted(header),
      }
      return audio
    },
  }),
})

/** Whether it already is what a conversion would make of it. */
function isConverted({ encoding, channels, sampleRate, bitsPerSample }: WavHeader): boolean {
  return encoding === 'pcm' && channels === 1 && sampleRate === 16_000 && bitsPerSample === 16
}
