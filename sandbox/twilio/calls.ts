/** A call that the pretend Twilio knows of. */
export interface NewCall {
  readonly from: string
  readonly to: string
  readonly direction?: 'inbound' | 'outbound-api' | 'outbound-dial'
  /** `completed` unless it says otherwise; any word, as Twilio may add some. */
  readonly status?: string
  readonly startedAt?: Date
  /** Whole seconds. */
  readonly durationSec?: number
  /** The call that has made this one, of a leg of `<Dial>`. */
  readonly parentCallSid?: string
}

/** One call as the REST API shows it: https://www.twilio.com/docs/voice/api/call-resource */
export function callResource(sid: string, call: NewCall, accountSid: string): unknown {
  const startedAt = call.startedAt ?? new Date(0)
  const isOver = call.status !== 'in-progress'
  const seconds = call.durationSec ?? 0
  const endedAt = new Date(startedAt.getTime() + seconds * 1_000)
  return {
    sid,
    account_sid: accountSid,
    api_version: '2010-04-01',
    parent_call_sid: call.parentCallSid ?? null,
    date_created: rfc2822(startedAt),
    date_updated: rfc2822(endedAt),
    start_time: rfc2822(startedAt),
    end_time: isOver ? rfc2822(endedAt) : null,
    duration: isOver ? String(seconds) : null,
    from: call.from,
    from_formatted: call.from,
    to: call.to,
    to_formatted: call.to,
    direction: call.direction ?? 'inbound',
    status: call.status ?? 'completed',
    answered_by: null,
    caller_name: null,
    forwarded_from: null,
    phone_number_sid: null,
    price: null,
    price_unit: 'USD',
    uri: `/2010-04-01/Accounts/${accountSid}/Calls/${sid}.json`,
    subresource_uris: {},
  }
}

export function rfc2822(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000')
}
