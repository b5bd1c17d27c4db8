import { firstOf } from '../artifact.ts'
import { audio } from '../artifacts/audio.ts'
import { recording } from '../artifacts/recording.ts'
import { transcript } from '../artifacts/transcript.ts'
import { defineContract } from '../contract.ts'

/**
 * stt: speech to text.
 *
 * A driver gets the tracks of `audio` where a transcode stage has made them, else the `recording` as it is, and puts
 * all speakers on one timeline, in seconds from the beginning of the recording. It prefers `call.business.language`
 * over its own option. Where nobody speaks it returns `settle('no_speech', …)`, never an empty transcript. Long
 * audio is its own business: it slices, and keeps each slice by `once`.
 */
export const stt = defineContract({
  stage: 'stt',
  description: 'Transcribes the call',
  consumes: [firstOf(audio, recording)],
  produces: transcript,
  produced: (value) => `[OFFLINE_STT] Transcript obtained: ${value.text.length} chars`,
})
