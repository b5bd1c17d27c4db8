import { createServer, type Server } from 'node:http'
import type Router from '@koa/router'
import Koa from 'koa'
import { AftercallError, type Logger, thrownMessage } from '../contracts/index.ts'
import { answerErrors } from './answer-errors.ts'

/** Milliseconds, but for the last. Node's own defaults let a client take minutes. */
export interface ServerLimits {
  /** For the headers of a request. */
  readonly headersMs: number
  /** For the whole request, body included. Twilio gives up after 15 s. */
  readonly requestMs: number
  /** How often the two above are looked at. */
  readonly checkMs: number
  /** How long a connection may idle between requests. */
  readonly keepAliveMs: number
  /** How long `close` waits for requests under way. */
  readonly closeMs: number
  /** Requests that one connection may make. */
  readonly requestsPerSocket: number
}

const LIMITS: ServerLimits = {
  headersMs: 10_000,
  requestMs: 20_000,
  checkMs: 2_000,
  keepAliveMs: 5_000,
  closeMs: 10_000,
  requestsPerSocket: 1_000,
}

export interface ServerOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Tried in turn; what none of them answers is a 404. */
  readonly routers: readonly Router[]
  readonly logger: Logger
  readonly limits?: Partial<ServerLimits>
}

export interface RunningServer {
  /** Where it listens, without a trailing slash. */
  readonly url: string
  readonly port: number
  /** For handing over connections that become something else (WebSocket). */
  readonly server: Server
  /** Takes no new connections, lets requests under way end, and then cuts what is left. Idempotent. */
  close(): Promise<void>
}

/** Starts listening. Throws `bad-configuration` where host and port cannot be had. */
export async function startServer({ host, port, routers, logger, limits }: ServerOptions): Promise<RunningServer> {
  const set = { ...LIMITS, ...limits }
  let closing: Promise<void> | undefined
  const koa = new Koa()
  koa.on('error', (error: unknown) => logger.debug({ err: error }, 'A connection broke off'))
  koa.use(async (context, next) => {
    context.set(SECURITY_HEADERS)
    await next()
    if (closing !== undefined) context.set('Connection', 'close')
  })
  koa.use(answerErrors(logger))
  for (const router of routers) koa.use(router.routes()).use(router.allowedMethods())

  const server = createServer(
    {
      headersTimeout: set.headersMs,
      requestTimeout: set.requestMs,
      connectionsCheckingInterval: set.checkMs,
      keepAliveTimeout: set.keepAliveMs,
      maxHeaderSize: 16 * 1024,
    },
    koa.callback(),
  )
  server.maxHeadersCount = 100
  server.maxRequestsPerSocket = set.requestsPerSocket
  const bound = await listen(server, host, port)
  server.on('error', (error) => logger.error({ err: error }, 'The server could not take a connection'))
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    server,
    close: () => {
      closing ??= shut(server, set.closeMs)
      return closing
    },
  }
}

/** For answers that a browser should neither keep, guess about, frame nor run. A route may say otherwise. */
const SECURITY_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => {
      reject(
        new AftercallError(`cannot listen on ${host}:${port}: ${thrownMessage(error)}`, {
          code: 'bad-configuration',
          remedy: 'Set HOST and PORT to an address of this machine that is free.',
          cause: error,
        }),
      )
    }
    server.once('error', refuse)
    server.listen({ host, port }, () => {
      server.off('error', refuse)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function shut(server: Server, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), patienceMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
  })
}
