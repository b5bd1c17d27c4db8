export type { Fault, Faults, Route } from './faults.ts'
export { scriptTranscripts, type Turn } from './script.ts'
export { type OpenAiSandbox, type OpenAiSandboxOptions, type SeenRequest, startOpenAiSandbox } from './server.ts'
export type { Transcripts, Upload } from './transcriptions.ts'
