/** A stream as its messages name it. */
export interface StreamIds {
  readonly streamSid: string
  readonly accountSid: string
  readonly callSid: string
}

export interface MediaPiece {
  readonly track: 'inbound' | 'outbound'
  /** From 1, for each track. */
  readonly chunk: number
  readonly timestampMs: number
  readonly audio: Buffer
}

/**
 * The messages of a media stream, in Twilio's spelling: numbers of `media` are text.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
export const connectedMessage = { event: 'connected', protocol: 'Call', version: '1.0.0' } as const

export function startMessage({ streamSid, accountSid, callSid }: StreamIds) {
  return {
    event: 'start',
    sequenceNumber: '1',
    start: {
      streamSid,
      accountSid,
      callSid,
      tracks: ['inbound', 'outbound'],
      customParameters: {},
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 },
    },
    streamSid,
  }
}

export function mediaMessage({ streamSid }: Pick<StreamIds, 'streamSid'>, piece: MediaPiece, sequenceNumber: number) {
  return {
    event: 'media',
    sequenceNumber: String(sequenceNumber),
    media: {
      track: piece.track,
      chunk: String(piece.chunk),
      timestamp: String(piece.timestampMs),
      payload: piece.audio.toString('base64'),
    },
    streamSid,
  }
}

export function stopMessage({ streamSid, accountSid, callSid }: StreamIds, sequenceNumber: number) {
  return { event: 'stop', sequenceNumber: String(sequenceNumber), stop: { accountSid, callSid }, streamSid }
}
