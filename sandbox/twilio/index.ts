export {
  type CallbackTarget,
  type RecordingCallback,
  type StatusCallback,
  sendForm,
  sendRecordingCallback,
  sendStatusCallback,
  sendVoiceWebhook,
  type VoiceWebhook,
} from './callbacks.ts'
export type { Fault, Faults, Route } from './faults.ts'
export type { NewRecording } from './recordings.ts'
export { type SeenRequest, startTwilioSandbox, type TwilioSandbox, type TwilioSandboxOptions } from './server.ts'
