import { recording } from '../artifacts/recording.ts'
import { defineContractWith } from '../contract.ts'
import type { Media } from '../services.ts'

/**
 * recording-store: puts the call's recording where it will stay.
 *
 * A driver may assume a `call` whose SIDs have been checked against their patterns, and must build every URL and
 * every path from those SIDs alone. For `source: twilio` it fetches the recording from Twilio with Basic auth; for
 * `file` and `stream` it reads `call.file`. It must stream (never hold a recording whole in memory), prove that
 * what came is audio and complete before it says so, and leave either the whole recording or nothing. Running it
 * twice for one recording must end with one recording. A 404 shortly after the callback is ordinary:
 * `RetryableError` with code `recording-not-ready`.
 *
 * `open` and `delete` are what others reach as `services.media`; they get back the artifact that `run` returned.
 */
export const recordingStore = defineContractWith<Media>()(['open', 'delete'], {
  stage: 'recording-store',
  description: 'Stores the recording of the call',
  consumes: [],
  produces: recording,
  service: 'media',
  timeoutMs: 15 * 60_000,
})
