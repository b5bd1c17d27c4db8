import { bufferSource, readWavHeader, type WavHeader } from 'aftercall/audio'
import { type Downloads, downloads } from './downloads.ts'

/** A recording as a test or the demo adds it. */
export interface NewRecording {
  /** A WAV file, as the call was recorded: one channel, or two with the parent leg first. */
  readonly audio: Buffer
  readonly callSid?: string
  /** The first so many requests for its media are answered 404, as right after the callback. */
  readonly notReadyTimes?: number
  /** Until then, requests for its media are answered 404. */
  readonly readyAt?: Date
  readonly startedAt?: Date
  readonly source?: string
  /** `completed` unless it says otherwise. */
  readonly status?: RecordingStatus
}

export type RecordingStatus = 'in-progress' | 'processing' | 'completed' | 'absent' | 'deleted'

/** A recording that the pretend Twilio keeps. */
export interface KeptRecording {
  readonly sid: string
  readonly callSid: string
  readonly channels: number
  readonly durationSec: number
  readonly startedAt: Date
  readonly source: string
  readonly status: RecordingStatus
  readonly downloads: Downloads
  /** Whether this request may have the media already; counts the requests that came too early. */
  isReady(): boolean
}

/**
 * Keeps recordings. What can be downloaded is made once for each buffer of sound: benchmarks add the same one a
 * thousand times.
 */
export function recordingKeeper(): (sid: string, given: NewRecording) => Promise<KeptRecording> {
  const made = new WeakMap<Buffer, Downloads>()
  return async (sid, given) => {
    const header = await readWavHeader(bufferSource(given.audio))
    const kept = made.get(given.audio) ?? downloads(given.audio, header)
    made.set(given.audio, kept)
    return recordingOf(sid, given, header, kept)
  }
}

function recordingOf(sid: string, given: NewRecording, header: WavHeader, kept: Downloads): KeptRecording {
  let tooEarly = given.notReadyTimes ?? 0
  return {
    sid,
    callSid: given.callSid ?? `CA${sid.slice(2)}`,
    channels: header.channels,
    durationSec: header.durationSec,
    startedAt: given.startedAt ?? new Date(),
    source: given.source ?? 'DialVerb',
    status: given.status ?? 'completed',
    downloads: kept,
    isReady() {
      if (given.readyAt !== undefined && Date.now() < given.readyAt.getTime()) return false
      return --tooEarly < 0
    },
  }
}
