import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorCode, remedyOf } from '../../contracts/index.ts'
import { type Refusal, refusalOf, type Signer } from '../signature.ts'

export const STREAM_PATH = '/twilio/stream'

/** Path without its query; Twilio sends none, whatever the URL had. */
export function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}

/**
 * Why a handshake is not Twilio's; undefined where it is. It has no form, so the signature covers the URL alone: the
 * one in the TwiML, which is `wss://…`. Twilio says that it signs handshakes, but not whether the scheme may come out
 * as `https` nor when a slash is added to the path, so all four count. Each of them takes the token.
 * https://www.twilio.com/docs/global-infrastructure/firewall-configurations/media-streams-configuration
 */
export function signatureFault(request: IncomingMessage, { publicUrl, authTokens }: Signer): Refusal | undefined {
  const signatures = request.headersDistinct['x-twilio-signature'] ?? []
  const bases = publicUrl === undefined ? [undefined] : [publicUrl.replace(/^http/, 'ws'), publicUrl]
  let refusal: Refusal | undefined
  for (const base of bases) {
    for (const target of withAndWithoutSlash(request.url ?? '')) {
      refusal = refusalOf({ target, signatures, form: {} }, { publicUrl: base, authTokens })
      if (refusal === undefined) return undefined
    }
  }
  return refusal
}

function withAndWithoutSlash(target: string): readonly string[] {
  const [path = '', ...query] = target.split('?')
  const rest = query.length === 0 ? '' : `?${query.join('?')}`
  return path.endsWith('/') ? [target, path.slice(0, -1) + rest] : [target, `${path}/${rest}`]
}

export interface HandshakeRefusal {
  readonly status: 403 | 404 | 503
  readonly code: ErrorCode
  readonly message: string
}

/** Answers a request that would become a WebSocket and does not, as every other refusal is answered. */
export function refuseHandshake(socket: Duplex, { status, code, message }: HandshakeRefusal): void {
  const body = JSON.stringify({ error: { code, message, remedy: remedyOf(code) } })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    'Cache-Control: no-store',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
