/** The contracts, as drivers and the rest of the core import them. */
export {
  type AnyArtifact,
  type Artifact,
  type CallColumns,
  defineArtifact,
  type FirstOf,
  firstOf,
  type ValueOf,
} from './artifact.ts'
export { type Audio, type AudioTrack, audio, type Speaker } from './artifacts/audio.ts'
export { type Business, type Call, callSchema } from './artifacts/call.ts'
export { type Fields, type FieldValue, fields, plainValues } from './artifacts/fields.ts'
export { type Receipt, receipt } from './artifacts/receipt.ts'
export { type Recording, recording } from './artifacts/recording.ts'
export { type Summary, summary } from './artifacts/summary.ts'
export { type Segment, type Transcript, transcript } from './artifacts/transcript.ts'
export type {
  AnyDriverDefinition,
  Catalogue,
  DriverFault,
  FoundDriver,
  OpenDriver,
  OpenedCatalogue,
  PluginFault,
} from './catalogue.ts'
export {
  type AnyContract,
  type ArtifactReader,
  type Contract,
  defineContract,
  defineContractWith,
  type FinalInput,
  type InputOf,
  type MethodsOf,
  type OutputOf,
  type RetryDefaults,
} from './contract.ts'
export { type AttemptContext, type Driver, type DriverDefinition, defineDriver, type JsonValue } from './driver.ts'
export {
  AftercallError,
  ERRORS,
  type ErrorCode,
  type ErrorRecord,
  errorRecord,
  isDiskFull,
  PermanentError,
  RetryableError,
  remedyOf,
  thrownMessage,
  UnavailableError,
} from './errors.ts'
export { type Logger, silentLogger } from './logger.ts'
export type { Outcome, OutcomeStatus } from './outcome.ts'
export { requestFailure } from './request-failure.ts'
export { Settle, type SettleOutcome, Skip, settle, skip } from './result.ts'
export { retryAfterMs } from './retry-after.ts'
export type { ByteRange, GuardedFetch, GuardedFetchInit, Media, OpenedRecording, Services } from './services.ts'
export { extract } from './stages/extract.ts'
export { recordingStore } from './stages/recording-store.ts'
export { stt } from './stages/stt.ts'
export { summarize } from './stages/summarize.ts'
export { transcode } from './stages/transcode.ts'
export {
  customerNumber,
  type WebhookEvent,
  type WebhookEventType,
  webhook,
  webhookEvent,
  webhookId,
} from './stages/webhook.ts'
export { systemCode } from './system-code.ts'
export type { StageUsage, Usage } from './usage.ts'
