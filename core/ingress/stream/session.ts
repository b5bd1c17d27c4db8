import type { RawData, WebSocket } from 'ws'
import { type Logger, systemCode, thrownMessage } from '../../contracts/index.ts'
import { type KeptStream, type OpenTrack, recordingSidOf, type StreamFolder } from './folder.ts'
import type { StreamLimits } from './limits.ts'
import { parseMessage, type StreamMessage, type StreamStart } from './message.ts'
import { StreamFile } from './stream-file.ts'

export interface SessionOptions {
  readonly folder: StreamFolder
  readonly open: OpenTrack
  readonly limits: StreamLimits
  readonly logger: Logger
  /** Makes the recording. Called once for each stream that has a folder, whatever ended it. */
  readonly finalise: (kept: KeptStream) => Promise<void>
}

/** Why a socket is closed, in the words of RFC 6455, section 7.4.1. */
const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocol: 1002,
  unsupported: 1003,
  malformed: 1007,
  policy: 1008,
  fault: 1011,
} as const

interface Fault {
  readonly code: (typeof CLOSE)[keyof typeof CLOSE]
  readonly reason: string
}

/**
 * One socket, and at most one stream: `start`, then media, then the end. The end comes by `stop`, by the socket, by a
 * fault of either side or by shutdown, and several of them at once are ordinary: the first one counts.
 */
export class StreamSession {
  readonly #socket: WebSocket
  readonly #options: SessionOptions
  #logger: Logger
  #stream: { readonly start: StreamStart; readonly file: StreamFile } | undefined
  #ended: Promise<void> | undefined
  #timer: NodeJS.Timeout
  #onEnded: () => void = () => {}

  constructor(socket: WebSocket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.#logger = options.logger
    const { startMs } = options.limits
    this.#timer = setTimeout(() => {
      this.#refuse({ code: CLOSE.policy, reason: `no start came within ${startMs} ms` })
    }, startMs)
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('error', (error) => this.#broken(error))
    socket.on('close', () => void this.#end(CLOSE.normal, 'the socket has closed'))
  }

  /** The folder that this session writes into. */
  get path(): string | undefined {
    return this.#stream?.file.kept.path
  }

  /** Resolves once the stream is over and its recording is committed, or left for later. */
  readonly ended = new Promise<void>((resolve) => {
    this.#onEnded = resolve
  })

  /** The server stops: what has come so far is the recording. */
  shutDown(): Promise<void> {
    return this.#end(CLOSE.goingAway, 'the server stops')
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#ended !== undefined) return
    const fault = isBinary
      ? { code: CLOSE.unsupported, reason: 'a binary message came' }
      : this.#take(parseMessage(data.toString()))
    if (fault !== undefined) this.#refuse(fault)
    else if (this.#stream !== undefined && this.#ended === undefined) this.#expectWithin(this.#options.limits.idleMs)
  }

  /** Does what a message says, or says what is wrong with it. */
  #take(message: StreamMessage): Fault | undefined {
    switch (message.event) {
      case 'malformed':
        return { code: CLOSE.malformed, reason: message.reason }
      case 'other':
        return undefined
      case 'start':
        return this.#start(message.start)
      default:
        return this.#goOn(message)
    }
  }

  #start(start: StreamStart): Fault | undefined {
    if (this.#stream !== undefined) return { code: CLOSE.protocol, reason: 'a second start came' }
    const { folder, open, limits } = this.#options
    const { callSid, streamSid } = start
    this.#logger = this.#logger.child({ callSid, streamSid })
    const file = new StreamFile(start, {
      folder,
      open,
      limits,
      events: {
        onFull: () => this.#socket.pause(),
        onDrained: () => this.#socket.resume(),
        onFailed: (error) => this.#notWritten(error),
      },
    })
    this.#stream = { start, file }
    this.#logger.info(`Stream started for ${callSid}: ${recordingSidOf(start)}`)
    return undefined
  }

  #goOn(message: Extract<StreamMessage, { readonly event: 'media' | 'stop' }>): Fault | undefined {
    if (this.#stream === undefined) return { code: CLOSE.protocol, reason: `${message.event} came before start` }
    const { start, file } = this.#stream
    if (message.streamSid !== start.streamSid && (message.event === 'media' || message.streamSid !== undefined)) {
      return { code: CLOSE.protocol, reason: 'a message of another stream came' }
    }
    if (message.event === 'stop') {
      void this.#end(CLOSE.normal, 'the stream has stopped')
      return undefined
    }
    const written = file.write(message.media)
    return written === 'taken' ? undefined : { code: CLOSE.policy, reason: written.refused }
  }

  #notWritten(error: unknown): void {
    const isTwice = systemCode(error) === 'EEXIST'
    if (isTwice) this.#refuse({ code: CLOSE.policy, reason: 'this stream is here already' })
    else this.#refuse({ code: CLOSE.fault, reason: 'the audio cannot be written' }, thrownMessage(error))
  }

  /** What `ws` itself refuses (a message too large, bad UTF-8), and connections that break; `close` follows. */
  #broken(error: Error): void {
    if (this.#ended === undefined) this.#logger.warn({ reason: thrownMessage(error) }, 'A media stream broke off')
    void this.#end(CLOSE.policy, '')
  }

  /** `detail` is for the log alone. */
  #refuse({ code, reason }: Fault, detail?: string): void {
    if (this.#ended !== undefined) return
    this.#logger.warn({ reason, code, ...(detail === undefined ? {} : { detail }) }, 'Refused a media stream')
    void this.#end(code, reason)
  }

  #end(code: number, reason: string): Promise<void> {
    this.#ended ??= this.#close(code, reason).finally(this.#onEnded)
    return this.#ended
  }

  async #close(code: number, reason: string): Promise<void> {
    clearTimeout(this.#timer)
    const socket = this.#socket
    socket.resume()
    // A reason takes 123 bytes at most, and these are ASCII.
    socket.close(code, reason.slice(0, 120))
    const cut = setTimeout(() => socket.terminate(), this.#options.limits.closeMs)
    socket.once('close', () => clearTimeout(cut))
    if (socket.readyState === socket.CLOSED) clearTimeout(cut)

    if (this.#stream === undefined) return
    const { file } = this.#stream
    if (!(await file.close())) return
    this.#logger.debug({ peakBufferedBytes: file.peakBufferedBytes }, `The stream is over: ${reason}`)
    try {
      await this.#options.finalise(file.kept)
    } catch (error) {
      this.#logger.error({ err: error }, `The stream will be finished later: ${thrownMessage(error)}`)
    }
  }

  #expectWithin(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#refuse({ code: CLOSE.policy, reason: `nothing came for ${milliseconds} ms` })
    }, milliseconds)
  }
}
