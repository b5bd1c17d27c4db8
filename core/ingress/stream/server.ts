import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Logger, thrownMessage } from '../../contracts/index.ts'
import type { Store } from '../../store/store.ts'
import type { Signer } from '../signature.ts'
import { finaliseStream } from './finalise.ts'
import { type KeptStream, type OpenTrack, openTrackFile, StreamFolder } from './folder.ts'
import { type HandshakeRefusal, pathOf, refuseHandshake, STREAM_PATH, signatureFault } from './handshake.ts'
import { STREAM_LIMITS, type StreamLimits } from './limits.ts'
import { StreamSession } from './session.ts'

export interface StreamServerOptions extends Signer {
  /** Takes its upgrades. */
  readonly server: Server
  /** Where streams lie until a recording-store has them. */
  readonly root: string
  readonly store: Pick<Store, 'standingOfStream' | 'ingestStream'>
  readonly logger: Logger
  readonly limits?: Partial<StreamLimits>
  readonly open?: OpenTrack
}

/** Twilio's live audio: `WS /twilio/stream`. */
export interface StreamServer {
  /** Sockets that are open. */
  readonly sockets: number
  /** Finishes what a crash, or a database that was down, has left on this disk. Never throws. */
  recover(): Promise<void>
  /** Takes no more streams, and finishes those that go on. Idempotent. */
  close(): Promise<void>
}

/** Begins to take streams, and looks from time to time for some to finish. */
export function serveStreams({
  server,
  root,
  store,
  logger,
  open = openTrackFile,
  ...options
}: StreamServerOptions): StreamServer {
  const limits = { ...STREAM_LIMITS, ...options.limits }
  const folder = new StreamFolder(root)
  const sessions = new Set<StreamSession>()
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    // Compressed silence unpacks to anything; Twilio does not ask for it.
    perMessageDeflate: false,
    clientTracking: false,
  })
  let recovering: Promise<void> | undefined
  let closing: Promise<void> | undefined

  const finalise = (kept: KeptStream) => finaliseStream(kept, { folder, store, logger, shortestMs: limits.shortestMs })

  const recover = () => {
    recovering ??= recoverStreams().finally(() => {
      recovering = undefined
    })
    return recovering
  }
  const timer = setInterval(recover, limits.recoverMs)
  server.on('upgrade', upgrade)

  return {
    get sockets() {
      return sessions.size
    },
    recover,
    close: () => {
      closing ??= close()
      return closing
    },
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, a connection that breaks before it is a WebSocket would end the process.
    const ignore = (error: Error) => logger.debug({ err: error }, 'A connection broke off')
    socket.on('error', ignore)
    const refusal = refusalOf(request)
    if (refusal !== undefined) {
      refuseHandshake(socket, refusal)
      return
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      socket.off('error', ignore)
      begin(accepted)
    })
  }

  function refusalOf(request: IncomingMessage): HandshakeRefusal | undefined {
    if (pathOf(request) !== STREAM_PATH) {
      return { status: 404, code: 'not-found', message: `there is no socket at ${pathOf(request)}` }
    }
    const fault = signatureFault(request, options)
    if (fault !== undefined) {
      warn(fault, request)
      return { status: 403, code: 'signature-refused', message: 'the request is not signed as Twilio signs' }
    }
    if (closing === undefined && sessions.size < limits.sockets) return undefined
    const message = closing === undefined ? `${limits.sockets} streams are open` : 'the server stops'
    warn(message, request)
    return { status: 503, code: 'busy', message }
  }

  function warn(reason: string, { url = '' }: IncomingMessage): void {
    const checked = `${options.publicUrl?.replace(/^http/, 'ws') ?? ''}${url}`
    logger.warn({ reason, url: checked }, 'Refused a media stream')
  }

  function begin(socket: WebSocket): void {
    const session = new StreamSession(socket, { folder, open, limits, logger, finalise })
    sessions.add(session)
    void session.ended.then(() => sessions.delete(session))
  }

  async function recoverStreams(): Promise<void> {
    const isOpen = (path: string) => [...sessions].some((session) => session.path === path)
    try {
      for (const kept of await folder.abandoned(isOpen, limits.abandonedMs)) await finaliseLeft(kept)
    } catch (error) {
      logger.warn({ err: error }, `Could not look for streams to finish: ${thrownMessage(error)}`)
    }
  }

  async function finaliseLeft(kept: KeptStream): Promise<void> {
    try {
      await finalise(kept)
    } catch (error) {
      const { callSid, streamSid } = kept
      logger.warn({ err: error, callSid, streamSid }, `The stream will be finished later: ${thrownMessage(error)}`)
    }
  }

  async function close(): Promise<void> {
    clearInterval(timer)
    await Promise.all([...sessions].map((session) => session.shutDown()))
    server.off('upgrade', upgrade)
    await recovering
  }
}
