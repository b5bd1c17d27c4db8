import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'

export const TRACKS = ['inbound', 'outbound'] as const
/** `inbound` is what Twilio hears from the leg that the stream belongs to, `outbound` what it plays to that leg. */
export type TrackName = (typeof TRACKS)[number]

/** Numbers travel as text: `"timestamp": "5"`. Long enough for any moment, and safe as a number. */
const count = Type.Union([Type.String({ pattern: '^\\d{1,15}$' }), Type.Integer({ minimum: 0 })])
const sid = (kind: string) => Type.String({ pattern: `^${kind}[0-9a-fA-F]{32}$` })

const startSchema = Type.Object({
  event: Type.Literal('start'),
  start: Type.Object({
    streamSid: sid('MZ'),
    accountSid: sid('AC'),
    callSid: sid('CA'),
    mediaFormat: Type.Object({
      encoding: Type.Literal('audio/x-mulaw'),
      sampleRate: Type.Literal(8_000),
      channels: Type.Literal(1),
    }),
  }),
})
const mediaSchema = Type.Object({
  event: Type.Literal('media'),
  streamSid: Type.String(),
  media: Type.Object({
    track: Type.Enum([...TRACKS]),
    chunk: count,
    timestamp: count,
    payload: Type.String({ pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$' }),
  }),
})
const otherSchema = Type.Object({ event: Type.String(), streamSid: Type.Optional(Type.String()) })

const ajv = new Ajv({ strict: true })
const isStart = ajv.compile<Static<typeof startSchema>>(startSchema)
const isMedia = ajv.compile<Static<typeof mediaSchema>>(mediaSchema)
const isOther = ajv.compile<Static<typeof otherSchema>>(otherSchema)

/** What the first message of a stream says. */
export interface StreamStart {
  readonly streamSid: string
  readonly accountSid: string
  readonly callSid: string
}

/** A piece of one track, 20 ms as a rule. */
export interface Media {
  readonly track: TrackName
  /** Counts up from 1. */
  readonly chunk: number
  /** When it was heard, milliseconds from the beginning of the stream. */
  readonly timestampMs: number
  /** µ-law. */
  readonly audio: Buffer
}

/** A message as far as we need it; `other` (connected, dtmf, mark, and whatever Twilio adds) means nothing to us. */
export type StreamMessage =
  | { readonly event: 'start'; readonly start: StreamStart }
  | { readonly event: 'media'; readonly streamSid: string; readonly media: Media }
  | { readonly event: 'stop'; readonly streamSid: string | undefined }
  | { readonly event: 'other'; readonly streamSid: string | undefined }
  | { readonly event: 'malformed'; readonly reason: string }

/**
 * Reads one text message. Never throws.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
export function parseMessage(text: string): StreamMessage {
  const message = parseJson(text)
  if (!isOther(message)) return { event: 'malformed', reason: 'a message is no JSON object with an event' }
  const { event, streamSid } = message
  switch (event) {
    case 'start': {
      if (!isStart(message)) return malformed('start', isStart.errors?.[0])
      const { callSid, accountSid, streamSid } = message.start
      return { event, start: { callSid, accountSid, streamSid } }
    }
    case 'media':
      return isMedia(message) ? { event, ...mediaOf(message) } : malformed('media', isMedia.errors?.[0])
    case 'stop':
      return { event, streamSid }
    default:
      return { event: 'other', streamSid }
  }
}

function mediaOf({ streamSid, media }: Static<typeof mediaSchema>): { streamSid: string; media: Media } {
  const { track, chunk, timestamp, payload } = media
  const audio = Buffer.from(payload, 'base64')
  return { streamSid, media: { track, chunk: Number(chunk), timestampMs: Number(timestamp), audio } }
}

/** Names the place, and repeats nothing of what came. */
function malformed(event: string, fault: { instancePath: string; message?: string } | undefined): StreamMessage {
  const place = `${event}${fault?.instancePath.replaceAll('/', '.') ?? ''}`
  return { event: 'malformed', reason: `a message is not as Twilio sends it: ${place} ${fault?.message ?? ''}`.trim() }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
