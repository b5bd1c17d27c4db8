/** Twilio Media Streams: the live audio of calls, and the recordings that become of it. */
export { STREAM_LIMITS, type StreamLimits } from './limits.ts'
export { type StreamServer, type StreamServerOptions, serveStreams } from './server.ts'
export { removeSpentStreams } from './spent-streams.ts'
