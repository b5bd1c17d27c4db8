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
export type { NewCall } from './calls.ts'
export type { Fault, Faults, Route } from './faults.ts'
export type { NewRecording } from './recordings.ts'
export { type SeenRequest, startTwilioSandbox, type TwilioSandbox, type TwilioSandboxOptions } from './server.ts'
export { type StreamedCall, streamCall } from './stream.ts'
export { type Closed, connectStream, HandshakeRefused, type StreamClient, type StreamTarget } from './stream-client.ts'
export {
  connectedMessage,
  type MediaPiece,
  mediaMessage,
  type StreamIds,
  startMessage,
  stopMessage,
} from './stream-messages.ts'
