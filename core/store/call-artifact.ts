import type { Call } from '../contracts/index.ts'
import { businessSettings } from './business-settings.ts'
import { isoTime, type Stamp } from './clock.ts'

/** The columns that `callOf` needs, of `call_log`, `recording` and `business`. */
export const CALL_SELECT = `call_log.call_sid, call_log.account_sid, call_log.direction, call_log.from_number,
  call_log.to_number, call_log.started_at AS call_started_at, call_log.ended_at AS call_ended_at,
  recording.recording_sid, recording.source, recording.file, recording.channels, recording.duration_sec,
  business.id AS business_id, business.name AS business_name, business.language AS business_language,
  business.settings AS business_settings, business.webhook_url AS business_webhook_url,
  business.webhook_secret AS business_webhook_secret`

export interface CallRow {
  readonly call_sid: string
  readonly account_sid: string | null
  readonly direction: string | null
  readonly from_number: string | null
  readonly to_number: string | null
  readonly call_started_at: Stamp | null
  readonly call_ended_at: Stamp | null
  readonly recording_sid: string
  readonly source: Call['source']
  readonly file: string | null
  readonly channels: number | null
  readonly duration_sec: number | null
  readonly business_id: string | null
  readonly business_name: string | null
  readonly business_language: string | null
  readonly business_settings: unknown
  readonly business_webhook_url: string | null
  readonly business_webhook_secret: string | null
}

/** The `call` artifact of a run. Business settings that are not of the known shape count as none. */
export function callOf(row: CallRow): Call {
  return {
    callSid: row.call_sid,
    accountSid: row.account_sid,
    recordingSid: row.recording_sid,
    direction: row.direction,
    from: row.from_number,
    to: row.to_number,
    source: row.source,
    file: row.file,
    channels: row.channels,
    durationSec: row.duration_sec,
    startedAt: isoTime(row.call_started_at),
    endedAt: isoTime(row.call_ended_at),
    business:
      row.business_id === null
        ? null
        : {
            id: row.business_id,
            name: row.business_name ?? '',
            language: row.business_language,
            vocabulary: businessSettings(row.business_settings).vocabulary,
            webhookUrl: row.business_webhook_url,
            webhookSecret: row.business_webhook_secret,
          },
  }
}
