import { randomUUID } from 'node:crypto'
import { sendRecordingCallback, type TwilioSandbox } from '../../sandbox/twilio/index.ts'
import type { Endpoint } from './endpoint.ts'
import { voiceLikeSecond } from './recording.ts'
import { PUBLIC_URL } from './settings.ts'

/** A call whose callback has been acknowledged. */
export interface PlacedCall {
  /** When its callback was sent, on the clock of `performance.now()`. */
  readonly sentAt: number
  /** When its webhook came, on the same clock. */
  readonly delivered: Promise<number>
}

/** People who call, and are recorded for a second each. */
export interface Callers {
  /** Sends the callback of a call that has just ended to the server at `url`. Throws unless it is acknowledged. */
  call(url: string): Promise<PlacedCall>
}

export function callersOf(twilio: TwilioSandbox, endpoint: Endpoint): Callers {
  const { accountSid, authToken } = twilio
  const audio = voiceLikeSecond()
  return {
    async call(at) {
      const callSid = sid('CA')
      const recordingSid = sid('RE')
      await twilio.addRecording(recordingSid, { audio, callSid })
      const delivered = endpoint.delivery(callSid)
      // Whoever waits for it may do so later.
      delivered.catch(() => {})
      const sentAt = performance.now()
      const response = await sendRecordingCallback(
        { url: `${PUBLIC_URL}/twilio/recording`, at, accountSid, authToken },
        { callSid, recordingSid, status: 'completed', durationSec: 1, channels: 1 },
      )
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`a callback was answered ${response.status}`)
      return { sentAt, delivered }
    },
  }
}

function sid(prefix: 'CA' | 'RE'): string {
  return prefix + randomUUID().replaceAll('-', '')
}
