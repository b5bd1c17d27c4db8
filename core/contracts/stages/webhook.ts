import { createHash } from 'node:crypto'
import type { Call } from '../artifacts/call.ts'
import { type FieldValue, fields, plainValues } from '../artifacts/fields.ts'
import { receipt } from '../artifacts/receipt.ts'
import { recording } from '../artifacts/recording.ts'
import { summary } from '../artifacts/summary.ts'
import { type Segment, transcript } from '../artifacts/transcript.ts'
import { defineContract, type FinalInput } from '../contract.ts'
import type { Outcome, OutcomeStatus } from '../outcome.ts'
import type { StageUsage } from '../usage.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/**
 * webhook: tells the owner's systems how the call ended. A final stage: it starts once the outcome is decided.
 *
 * A driver sends `webhookEvent(input)` as it is, under the id `webhookId(…)`, which stays the same over retries and
 * crashes, so that receivers can tell a repetition. A business's own URL and secret win over its options. No URL
 * anywhere, or an outcome that has no event (cancelled): `skip(reason)`.
 */
export const webhook = defineContract({
  stage: 'webhook',
  description: 'Delivers the outcome to an endpoint',
  consumes: [],
  produces: receipt,
  final: true,
  queued: '[WEBHOOK] Webhook queued',
  timeoutMs: 30 * SECOND,
  // The schedule that Standard Webhooks recommends: tries over some three days.
  retry: {
    attempts: 10,
    delayMs: 5 * SECOND,
    maxDelayMs: 24 * HOUR,
    schedule: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  },
})

export type WebhookEventType = 'call.completed' | 'call.failed' | 'call.no_speech'

const EVENT_OF: Readonly<Record<OutcomeStatus, WebhookEventType | undefined>> = {
  completed: 'call.completed',
  failed: 'call.failed',
  no_speech: 'call.no_speech',
  cancelled: undefined,
}

export interface WebhookEvent {
  readonly type: WebhookEventType
  readonly timestamp: string
  readonly data: {
    readonly call_sid: string
    readonly recording_sid: string
    readonly recording_url: string | null
    readonly business_id: string | null
    readonly business_name: string | null
    readonly direction: string | null
    readonly from: string | null
    readonly to: string | null
    readonly phone: string | null
    readonly started_at: string | null
    readonly ended_at: string | null
    readonly duration_sec: number | null
    readonly language: string | null
    readonly transcript: string | null
    readonly segments: readonly Segment[]
    readonly summary: string | null
    readonly city: FieldValue
    readonly service: FieldValue
    readonly fields: Readonly<Record<string, FieldValue>>
    readonly artifacts: Readonly<Record<string, unknown>>
    readonly usage: Readonly<Record<string, StageUsage>>
    /** Why there is no more: of `call.failed` and `call.no_speech` only. */
    readonly reason?: string | null
    /** What failed: of `call.failed` only. */
    readonly error?: { readonly code: string; readonly message: string; readonly stage: string }
  }
}

const STANDARD = new Set(['recording', 'audio', 'transcript', 'summary', 'fields', 'receipt'])

/** The body of the webhook; undefined where the outcome has no event. */
export function webhookEvent(input: FinalInput & { readonly call: Call }): WebhookEvent | undefined {
  const { call, outcome, artifacts, usage, run } = input
  const type = EVENT_OF[outcome.status]
  if (type === undefined) return undefined
  const stored = artifacts.get(recording)
  const spoken = artifacts.get(transcript)
  const extracted = artifacts.get(fields)
  const values = extracted === undefined ? {} : plainValues(extracted)
  return {
    type,
    timestamp: run.decidedAt,
    data: {
      call_sid: call.callSid,
      recording_sid: call.recordingSid,
      recording_url: stored?.url ?? null,
      business_id: call.business?.id ?? null,
      business_name: call.business?.name ?? null,
      direction: call.direction,
      from: call.from,
      to: call.to,
      phone: customerNumber(call),
      started_at: call.startedAt,
      ended_at: call.endedAt,
      duration_sec: stored?.durationSec ?? call.durationSec,
      language: spoken?.language ?? null,
      transcript: spoken?.text ?? null,
      segments: spoken?.segments ?? [],
      summary: artifacts.get(summary)?.text ?? null,
      city: values['city'] ?? null,
      service: values['service'] ?? null,
      fields: values,
      artifacts: Object.fromEntries(Object.entries(artifacts.all()).filter(([name]) => !STANDARD.has(name))),
      usage,
      ...(type === 'call.completed' ? {} : { reason: outcome.reason }),
      ...(outcome.error === null ? {} : { error: failureOf(outcome.error) }),
    },
  }
}

function failureOf({ code, message, stage }: NonNullable<Outcome['error']>) {
  return { code, message, stage }
}

/** The customer's number: who called us, or whom we called. */
export function customerNumber(call: Pick<Call, 'direction' | 'from' | 'to'>): string | null {
  return call.direction?.startsWith('outbound') === true ? call.to : call.from
}

/** The `webhook-id`: from run, event and endpoint alone, so that retries and crashes do not change it. */
export function webhookId(run: FinalInput['run'], event: WebhookEventType, endpoint: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([run.id, run.stage, event, endpoint]))
    .digest('hex')
  return `msg_${digest.slice(0, 32)}`
}
