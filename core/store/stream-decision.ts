import { CALL_ENDS } from './call-statuses.ts'

/** How long streams wait for a recording of Twilio's, milliseconds. */
export interface StreamWaits {
  /** Once the call is over, where nothing is known of a recording. */
  readonly graceMs: number
  /** Since the end of the stream, where Twilio has told nothing at all of the call. */
  readonly quietMs: number
  /** As long as more is to be expected: a recording is in progress, or the call goes on. Then a callback was lost. */
  readonly patienceMs: number
}

/** A completed callback comes seconds after the call; Twilio ends calls after four hours unless told otherwise. */
export const STREAM_WAITS: StreamWaits = { graceMs: 120_000, quietMs: 900_000, patienceMs: 4 * 3_600_000 }

/** What is known of a call that has a stream without a run. */
export interface StreamStanding {
  /** Twilio's word; null where no status callback has come. */
  readonly callStatus: string | null
  /** How far Twilio's own recordings have come; `refused`: there are none but absent and failed ones. */
  readonly twilio: 'completed' | 'in-progress' | 'refused' | 'unknown'
  /** How long ago the stream or the call ended, whichever was later, milliseconds. */
  readonly waitsMs: number
}

/** Whether the stream becomes the recording of its call, never will, or has to wait. */
export function decideOnStream(
  { callStatus, twilio, waitsMs }: StreamStanding,
  { graceMs, quietMs, patienceMs }: StreamWaits,
): 'promote' | 'superseded' | 'wait' {
  if (twilio === 'completed') return 'superseded'
  const isOver = callStatus !== null && CALL_ENDS.includes(callStatus)
  const isMoreExpected = twilio === 'in-progress' || (callStatus !== null && !isOver)
  const endOfCallMs = twilio === 'refused' ? 0 : graceMs
  const wait = isMoreExpected ? patienceMs : isOver ? endOfCallMs : quietMs
  return waitsMs >= wait ? 'promote' : 'wait'
}
