import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js'
import { WebSocket } from 'ws'
import { addressOf, type CallbackTarget } from './callbacks.ts'

/** Whom to stream to; `url` may be `https://…`, as Twilio calls and signs `wss://…` then. */
export interface StreamTarget extends Omit<CallbackTarget, 'signal'> {
  /** What is signed, where it is not the `wss://` form of `url`; or the header itself, null for none. */
  readonly signed?: { readonly url: string } | { readonly header: string | null }
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** The other end of a media stream: sends whatever it is told to, right or wrong. */
export interface StreamClient {
  /** Resolves when the message has been handed to the system; never throws once the socket has closed. */
  send(message: object | string | Buffer): Promise<void>
  /** As a server that closes in order. */
  close(): void
  /** As a cable that is pulled. */
  cut(): void
  readonly isOpen: boolean
  readonly closed: Promise<Closed>
}

/** The server has refused the handshake. */
export class HandshakeRefused extends Error {
  readonly status: number
  readonly body: string

  constructor(status: number, body: string) {
    super(`the handshake was answered with HTTP ${status}: ${body}`)
    this.name = 'HandshakeRefused'
    this.status = status
    this.body = body
  }
}

/** Opens a socket with a signed handshake. Throws HandshakeRefused, or why there is no connection. */
export async function connectStream({ url, at, authToken, signed }: StreamTarget): Promise<StreamClient> {
  const asked = new URL(url.replace(/^http/, 'ws'))
  const address = addressOf(asked, at?.replace(/^http/, 'ws'))
  const header =
    signed !== undefined && 'header' in signed
      ? signed.header
      : getExpectedTwilioSignature(authToken, signed?.url ?? asked.href, {})
  const socket = new WebSocket(address, {
    perMessageDeflate: false,
    headers: { 'User-Agent': 'Twilio.TmeWs/1.0', ...(header === null ? {} : { 'X-Twilio-Signature': header }) },
  })
  const closed = new Promise<Closed>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  // Whatever breaks later ends in `close`.
  socket.on('error', () => {})
  await opened(socket)
  return {
    send: (message) =>
      new Promise((resolve) => {
        const data = typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)
        socket.send(data, () => resolve())
      }),
    close: () => socket.close(1000),
    cut: () => socket.terminate(),
    get isOpen() {
      return socket.readyState === socket.OPEN
    },
    closed,
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
    socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => reject(new HandshakeRefused(response.statusCode ?? 0, Buffer.concat(chunks).toString())))
    })
  })
}
