import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { mulawChannels } from './mulaw.ts'
import { type Closed, connectStream, type StreamTarget } from './stream-client.ts'
import { connectedMessage, type MediaPiece, mediaMessage, startMessage, stopMessage } from './stream-messages.ts'

export interface StreamedCall extends StreamTarget {
  readonly callSid: string
  /** MZ and 32 hex digits; a new one where absent. */
  readonly streamSid?: string
  /** 8 kHz; the first channel is `inbound`, the second, where there is one, `outbound`. */
  readonly wav: Buffer
  /** 20 ms take 20 ms; else as fast as the socket takes them. */
  readonly realtime?: boolean
  /** Pieces that are lost on the way, though their time passes. */
  readonly loses?: (piece: MediaPiece) => boolean
  /** `cut` pulls the cable instead of saying stop, `close` closes the socket without a word. */
  readonly ending?: 'stop' | 'close' | 'cut'
}

const PIECE_MS = 20
const BYTES_PER_MS = 8

/** Streams a call from a recording, as Twilio would have while it went on. Resolves once the socket has closed. */
export async function streamCall(call: StreamedCall): Promise<Closed & { readonly streamSid: string }> {
  const ids = {
    streamSid: call.streamSid ?? `MZ${randomUUID().replaceAll('-', '')}`,
    accountSid: call.accountSid,
    callSid: call.callSid,
  }
  const pieces = piecesOf(await mulawChannels(call.wav))
  const client = await connectStream(call)
  let sequenceNumber = 2
  await client.send(connectedMessage)
  await client.send(startMessage(ids))
  const began = performance.now()
  for (const piece of pieces) {
    if (call.realtime === true) await sleep(Math.max(0, began + piece.timestampMs - performance.now()))
    if (!client.isOpen) break
    if (call.loses?.(piece) === true) continue
    await client.send(mediaMessage(ids, piece, sequenceNumber++))
  }
  if (call.ending === 'cut') client.cut()
  else if (call.ending === 'close') client.close()
  else await client.send(stopMessage(ids, sequenceNumber))
  return { streamSid: ids.streamSid, ...(await client.closed) }
}

/** In the order in which Twilio sends them: both tracks, piece by piece. */
export function piecesOf(channels: readonly Buffer[]): readonly MediaPiece[] {
  const bytes = PIECE_MS * BYTES_PER_MS
  const count = Math.ceil(Math.max(...channels.map(({ length }) => length)) / bytes)
  return Array.from({ length: count }, (_, index) =>
    channels.slice(0, 2).flatMap((channel, side): MediaPiece[] => {
      const audio = channel.subarray(index * bytes, (index + 1) * bytes)
      if (audio.length === 0) return []
      return [{ track: side === 0 ? 'inbound' : 'outbound', chunk: index + 1, timestampMs: index * PIECE_MS, audio }]
    }),
  ).flat()
}
