import { type IncomingHttpHeaders, request } from 'node:http'
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js'
import { ACCOUNT, CALL, RECORDING } from './calls.ts'
import { PUBLIC_URL, TOKEN } from './door.ts'

export type Form = Readonly<Record<string, string>>

export const RECORDING_FORM: Form = {
  AccountSid: ACCOUNT,
  CallSid: CALL,
  RecordingSid: RECORDING,
  RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}/Recordings/${RECORDING}`,
  RecordingStatus: 'completed',
  RecordingDuration: '42',
  RecordingChannels: '2',
  RecordingStartTime: 'Sun, 22 Nov 2026 09:00:00 +0000',
  RecordingSource: 'DialVerb',
  ErrorCode: '0',
}

export const STATUS_FORM: Form = {
  AccountSid: ACCOUNT,
  CallSid: CALL,
  CallStatus: 'completed',
  SequenceNumber: '3',
  Direction: 'inbound',
  From: '+972501234567',
  To: '+97231234567',
  CallDuration: '60',
  Duration: '1',
  Timestamp: 'Sun, 22 Nov 2026 09:01:00 +0000',
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
}

/** One HTTP request, exactly as given: nothing is added, followed or normalised. */
export function send(port: number, path: string, { method = 'POST', headers = {}, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export interface Signing {
  readonly token?: string
  /** What the signature covers, where it is not what is sent. */
  readonly url?: string
  readonly form?: Form
}

/** A form as Twilio posts it, signed by Twilio's own code. */
export function signed(path: string, form: Form, signing: Signing = {}): Sent & { headers: Record<string, string> } {
  const { token = TOKEN, url = `${PUBLIC_URL}${path}` } = signing
  return {
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'X-Twilio-Signature': getExpectedTwilioSignature(token, url, signing.form ?? form),
    },
    body: new URLSearchParams(form).toString(),
  }
}

export function post(port: number, path: string, form: Form, signing?: Signing): Promise<Answer> {
  return send(port, path, signed(path, form, signing))
}
