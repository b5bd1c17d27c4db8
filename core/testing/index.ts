/**
 * For authors of drivers: `import { sttConformance } from 'aftercall/testing'` in a mocha test checks what the
 * contract promises in prose; `runAttempt` runs a driver as the engine would. `describe` and `it` are mocha's globals.
 */
export { type AttemptOverrides, runAttempt, withContext } from './attempt.ts'
export { driverConformance, promptly } from './driver.ts'
export { type ExtractSubject, extractConformance } from './extract.ts'
export { type LogLine, recordingLogger } from './log.ts'
export { completeOptions, type GivenOptions } from './options.ts'
export { artifactOf, isArtifact } from './output.ts'
export { recordingStoreConformance } from './recording-store.ts'
export {
  readerOf,
  sampleBusiness,
  sampleCall,
  sampleFinalInput,
  sampleOutcome,
  sampleRecording,
  sampleTranscript,
} from './samples.ts'
export { fileMedia, testServices } from './services.ts'
export { type SttSubject, sttConformance } from './stt.ts'
export type { Stalled, Subject } from './subject.ts'
export { summarizeConformance } from './summarize.ts'
export { transcodeConformance } from './transcode.ts'
export { type WebhookSubject, webhookConformance } from './webhook.ts'
