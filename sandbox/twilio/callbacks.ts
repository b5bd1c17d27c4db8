import { randomUUID } from 'node:crypto'
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js'

/** Whom a callback goes to, and in whose name it is signed. */
export interface CallbackTarget {
  /** The URL that Twilio was given, path and query included: what the signature is computed over. */
  readonly url: string
  /**
   * Where the server really listens, when that is elsewhere (`http://127.0.0.1:3000`): its origin replaces `url`’s, and
   * so does its path where it has one, for a server behind a proxy that strips the beginning of the path.
   */
  readonly at?: string
  readonly accountSid: string
  readonly authToken: string
  readonly signal?: AbortSignal
}

export interface RecordingCallback {
  readonly callSid: string
  readonly recordingSid: string
  readonly status: 'in-progress' | 'completed' | 'absent' | 'failed'
  /** Whole seconds; Twilio tells them only of completed recordings. */
  readonly durationSec?: number
  readonly channels?: 1 | 2
  readonly startedAt?: Date
  readonly source?: string
  /** Further parameters, or others instead. */
  readonly more?: Readonly<Record<string, string>>
}

export interface StatusCallback {
  readonly callSid: string
  readonly status: 'initiated' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'no-answer' | 'canceled' | 'failed'
  readonly from: string
  readonly to: string
  readonly direction?: 'inbound' | 'outbound-api' | 'outbound-dial'
  /** Whole seconds; of completed calls. */
  readonly durationSec?: number
  /** From 0, per call. */
  readonly sequenceNumber?: number
  readonly at?: Date
  readonly more?: Readonly<Record<string, string>>
}

/** The incoming-call webhook asks for TwiML: the same parameters without sequence and time. */
export type VoiceWebhook = Pick<StatusCallback, 'callSid' | 'from' | 'to' | 'direction' | 'more'>

const API_VERSION = '2010-04-01'

/** `recordingStatusCallback`: https://www.twilio.com/docs/voice/api/recording#recordingstatuscallback */
export function sendRecordingCallback(target: CallbackTarget, callback: RecordingCallback): Promise<Response> {
  const { accountSid } = target
  return sendForm(target, {
    AccountSid: accountSid,
    CallSid: callback.callSid,
    RecordingSid: callback.recordingSid,
    RecordingUrl: `https://api.twilio.com/${API_VERSION}/Accounts/${accountSid}/Recordings/${callback.recordingSid}`,
    RecordingStatus: callback.status,
    ...(callback.status === 'completed' && { RecordingDuration: String(callback.durationSec ?? 0) }),
    RecordingChannels: String(callback.channels ?? 2),
    ...(callback.startedAt && { RecordingStartTime: callback.startedAt.toUTCString() }),
    RecordingSource: callback.source ?? 'DialVerb',
    ...callback.more,
  })
}

/** `statusCallback` of a call: https://www.twilio.com/docs/voice/api/call-resource#statuscallback */
export function sendStatusCallback(target: CallbackTarget, callback: StatusCallback): Promise<Response> {
  const seconds = callback.durationSec ?? 0
  return sendForm(target, {
    ...callParameters(target, callback),
    CallStatus: callback.status,
    ...(callback.status === 'completed' && {
      CallDuration: String(seconds),
      Duration: String(Math.ceil(seconds / 60)),
      SipResponseCode: '200',
    }),
    Timestamp: (callback.at ?? new Date()).toUTCString().replace('GMT', '+0000'),
    CallbackSource: 'call-progress-events',
    SequenceNumber: String(callback.sequenceNumber ?? 0),
    ...callback.more,
  })
}

/** The webhook that asks what to do with a call; the answer is TwiML. */
export function sendVoiceWebhook(target: CallbackTarget, call: VoiceWebhook): Promise<Response> {
  return sendForm(target, { ...callParameters(target, call), CallStatus: 'ringing', ...call.more })
}

function callParameters(target: CallbackTarget, call: VoiceWebhook): Readonly<Record<string, string>> {
  return {
    AccountSid: target.accountSid,
    ApiVersion: API_VERSION,
    CallSid: call.callSid,
    From: call.from,
    To: call.to,
    Caller: call.from,
    Called: call.to,
    Direction: call.direction ?? 'inbound',
  }
}

/** Signs and posts a form as Twilio does; redirects are not followed, so that nobody relies on them. */
export function sendForm(target: CallbackTarget, form: Readonly<Record<string, string>>): Promise<Response> {
  // The fragment (#rc=5&rp=…) is for Twilio itself: neither signed nor sent.
  const [url = target.url] = target.url.split('#', 1)
  const signed = new URL(url)
  return fetch(addressOf(signed, target.at), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'User-Agent': 'TwilioProxy/1.1',
      'I-Twilio-Idempotency-Token': randomUUID(),
      'X-Twilio-Signature': getExpectedTwilioSignature(target.authToken, url, { ...form }),
    },
    body: new URLSearchParams({ ...form }).toString(),
    redirect: 'manual',
    ...(target.signal && { signal: target.signal }),
  })
}

/** Where what was signed over one address is sent to. */
export function addressOf(signed: URL, at: string | undefined): URL {
  if (at === undefined) return signed
  const { pathname } = new URL(at)
  return new URL((pathname === '/' ? signed.pathname : pathname) + signed.search, at)
}
