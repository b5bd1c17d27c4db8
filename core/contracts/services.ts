import type { Readable } from 'node:stream'
import type { Recording } from './artifacts/recording.ts'
import type { Logger } from './logger.ts'

/** What the engine hands to drivers, and no more; secrets come as options. */
export interface Services {
  /** The recordings, wherever their store keeps them. */
  readonly media: Media
  /**
   * The only way to an address that somebody gave us: refuses private addresses unless OUTBOUND_ALLOW names them
   * (`PermanentError` with code `outbound-refused`), for every hop. Otherwise as the standard `fetch`.
   */
  readonly fetch: GuardedFetch
  readonly logger: Logger
}

export type GuardedFetch = (url: string | URL, init?: GuardedFetchInit) => Promise<Response>

export interface GuardedFetchInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly signal?: AbortSignal
  readonly redirect?: 'follow' | 'error' | 'manual'
}

/** A part of a recording, in bytes: from `start` to `end`, both included; to its end without `end`. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

/** The methods of a recording store. */
export interface Media {
  /**
   * The bytes of a recording, streamed. Whoever opens it must read it to the end or destroy it.
   * `total` is the length of the whole recording in bytes, where the store knows it.
   */
  open(recording: Recording, range?: ByteRange, signal?: AbortSignal): Promise<OpenedRecording>
  /** Erases it. One that is gone already is no error. */
  delete(recording: Recording): Promise<void>
}

export interface OpenedRecording {
  readonly stream: Readable
  readonly total: number | null
}
