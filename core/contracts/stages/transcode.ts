import { audio } from '../artifacts/audio.ts'
import { recording } from '../artifacts/recording.ts'
import { defineContract } from '../contract.ts'

/**
 * transcode: makes of the recording what speech recognition wants.
 *
 * A driver reads the recording by `services.media.open`, writes its files into `workdir` and names them relatively
 * to it. One track per channel: channels are never mixed, because mixing costs one speaker several decibels and
 * loses who spoke. `converted: true` promises 16 kHz mono 16-bit PCM WAV for every track. The recording comes from
 * strangers: whatever reads it must be bounded in time, memory and disk.
 */
export const transcode = defineContract({
  stage: 'transcode',
  description: 'Converts the recording to 16 kHz mono WAV, one track per speaker',
  consumes: [recording],
  produces: audio,
  concurrency: 'cores',
  produced: (value) =>
    value.converted ? '[OFFLINE_STT] Audio converted to optimal format (WAV 16kHz mono)' : undefined,
})
