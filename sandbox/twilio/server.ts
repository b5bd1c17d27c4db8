import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Router from '@koa/router'
import Koa, { type Context } from 'koa'
import { createFaults, type Faults, type Route } from './faults.ts'
import { listPage, recordingResource } from './listing.ts'
import { type MediaFile, mediaFile, meet, sendFaulty, sendFile } from './media.ts'
import { type KeptRecording, keepRecording, type NewRecording } from './recordings.ts'
import { notFound, refusalBody, TwilioRefusal, unauthenticated } from './refusal.ts'

export interface TwilioSandboxOptions {
  /** 0, the default: any free one. */
  readonly port?: number
  readonly accountSid?: string
  readonly authToken?: string
}

/** A request as it came, and how it was answered. */
export interface SeenRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly credentials: 'none' | 'right' | 'wrong'
  readonly range: string | undefined
  readonly status: number
}

export interface TwilioSandbox {
  /** What `TWILIO_API_URL` is set to. */
  readonly url: string
  readonly accountSid: string
  readonly authToken: string
  readonly faults: Faults
  /** What was asked, in the order of the answers; one that hangs is there once its client has given up. */
  readonly requests: readonly SeenRequest[]
  /** Puts a recording there, in place of an earlier one with this SID. */
  addRecording(sid: string, recording: NewRecording): Promise<void>
  /** The SIDs of the recordings that have not been deleted. */
  recordingSids(): readonly string[]
  /** Resolves when the next request has come in, before it is answered. */
  nextRequest(): Promise<void>
  /** Hanging requests are cut off. */
  close(): Promise<void>
}

const DEFAULT_ACCOUNT = 'AC00000000000000000000000000000000'
const DEFAULT_TOKEN = 'sandbox-auth-token'

/**
 * A pretend Twilio on loopback, for the demo, tests and benchmarks: the recordings of one account, as the REST API
 * lists and serves them, with Twilio's checks, errors and oddities. Nothing in it places calls.
 */
export async function startTwilioSandbox(options: TwilioSandboxOptions = {}): Promise<TwilioSandbox> {
  const accountSid = options.accountSid ?? DEFAULT_ACCOUNT
  const authToken = options.authToken ?? DEFAULT_TOKEN
  const recordings = new Map<string, KeptRecording>()
  const faults = createFaults()
  const requests: SeenRequest[] = []
  const waiting: (() => void)[] = []
  const elsewhere = await startElsewhere()

  const credentialsOf = (context: Context): SeenRequest['credentials'] => {
    const given = context.get('Authorization')
    if (given === '') return 'none'
    return given === `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` ? 'right' : 'wrong'
  }
  /** The fault of this route that spoils the answer, once the credentials are found right. */
  const admit = async (context: Context, route: Route, recordingSid?: string) => {
    const fault = await meet(context, faults.take(route, recordingSid))
    if (credentialsOf(context) !== 'right') throw unauthenticated()
    return fault
  }
  const find = (context: Context, sid: string | undefined): KeptRecording => {
    const recording = recordings.get(sid ?? '')
    if (recording === undefined) throw notFound(context.path)
    return recording
  }

  const router = new Router({ prefix: `/2010-04-01/Accounts/${accountSid}` })
  router.get('/Recordings.json', async (context) => {
    await admit(context, 'list')
    context.body = listPage([...recordings.values()], accountSid, context.path, context.URL.searchParams)
  })
  router.get('/Recordings/:name', async (context) => {
    const [sid = '', extension = 'wav'] = context.params.name?.split('.', 2) ?? []
    if (extension === 'json') {
      await admit(context, 'list')
      context.body = recordingResource(find(context, sid), accountSid)
      return
    }
    const fault = await admit(context, 'media', sid)
    const recording = find(context, sid)
    if (fault?.kind === 'not-ready' || !recording.isReady()) throw notFound(context.path)
    const file = await mediaFile(recording, extension, context.URL.searchParams.get('RequestedChannels') ?? undefined)
    if (fault?.kind === 'redirect') {
      const path = elsewhere.offer(file)
      context.status = 307
      context.redirect(fault.to === 'same-origin' ? path : `${elsewhere.url}${path}`)
    } else if (fault === undefined) sendFile(context, file)
    else await sendFaulty(context, file, fault)
  })
  router.delete('/Recordings/:name', async (context) => {
    await admit(context, 'delete')
    recordings.delete(find(context, context.params.name?.replace(/\.json$/, '')).sid)
    context.status = 204
  })

  const account = new Router()
  account.get(`/2010-04-01/Accounts/${accountSid}.json`, async (context) => {
    await admit(context, 'account')
    context.body = { sid: accountSid, friendly_name: 'Sandbox', status: 'active', type: 'Full' }
  })

  const app = new Koa()
  app.use(async (context, next) => {
    for (const resolve of waiting.splice(0)) resolve()
    await next()
    requests.push({
      method: context.method,
      url: context.url,
      credentials: credentialsOf(context),
      range: context.get('Range') || undefined,
      status: context.status,
    })
  })
  app.use(refusing)
  app.use(account.routes())
  app.use(router.routes())
  app.use((context) => elsewhere.serve(context))
  const server = await listen(app, options.port ?? 0)

  return {
    url: urlOf(server),
    accountSid,
    authToken,
    faults,
    requests,
    async addRecording(sid, recording) {
      recordings.set(sid, await keepRecording(sid, recording))
    },
    recordingSids: () => [...recordings.keys()],
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      await Promise.all([closeServer(server), elsewhere.close()])
    },
  }
}

async function refusing(context: Context, next: () => Promise<unknown>): Promise<void> {
  try {
    await next()
  } catch (error) {
    if (!(error instanceof TwilioRefusal)) throw error
    const { type, body } = refusalBody(error, context.path)
    context.status = error.status
    context.set({ ...error.headers, 'Content-Type': type })
    context.body = body
  }
}

/** Where redirected media lies: another origin, which refuses credentials that are not its own, as S3 does. */
async function startElsewhere() {
  const offered = new Map<string, MediaFile>()
  const serve = (context: Context) => {
    const file = offered.get(context.path)
    if (file === undefined) throw notFound(context.path)
    sendFile(context, file)
  }
  const app = new Koa()
  app.use(refusing)
  app.use((context) => {
    if (context.get('Authorization') !== '') throw new TwilioRefusal(400, 400, 'Only one auth mechanism allowed')
    serve(context)
  })
  const server = await listen(app, 0)
  return {
    url: urlOf(server),
    serve,
    offer(file: MediaFile): string {
      const path = `/media/${offered.size + 1}`
      offered.set(path, file)
      return path
    },
    close: () => closeServer(server),
  }
}

async function listen(app: Koa, port: number): Promise<Server> {
  // Cut connections are what this server is for.
  app.silent = true
  const server = createServer(app.callback())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function urlOf(server: Server): string {
  const address = server.address() as AddressInfo
  return `http://127.0.0.1:${address.port}`
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
