import Koa from 'koa'
import type { BegunRecording } from './call-recordings.ts'
import type { NewCall } from './calls.ts'
import { type Credentials, credentialsOf } from './credentials.ts'
import { startElsewhere } from './elsewhere.ts'
import { createFaults, type Faults } from './faults.ts'
import { listen } from './listening.ts'
import { type KeptRecording, type NewRecording, recordingKeeper } from './recordings.ts'
import { refusing } from './refusal.ts'
import { routes } from './routes.ts'

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
  readonly credentials: Credentials
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
  /** Makes a call known, as the REST API shows it. */
  addCall(sid: string, call: NewCall): void
  /** Recordings of calls that are on, begun by requests. */
  readonly begun: readonly BegunRecording[]
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
  const account = {
    accountSid: options.accountSid ?? DEFAULT_ACCOUNT,
    authToken: options.authToken ?? DEFAULT_TOKEN,
  }
  const recordings = new Map<string, KeptRecording>()
  const calls = new Map<string, NewCall>()
  const begun: BegunRecording[] = []
  const keep = recordingKeeper()
  const faults = createFaults()
  const requests: SeenRequest[] = []
  const waiting: (() => void)[] = []
  const elsewhere = await startElsewhere()

  const app = new Koa()
  app.use(async (context, next) => {
    for (const resolve of waiting.splice(0)) resolve()
    await next()
    const { method, url, status } = context
    const range = context.get('Range') || undefined
    requests.push({ method, url, credentials: credentialsOf(context, account), range, status })
  })
  app.use(refusing)
  app.use(routes({ account, recordings, calls, begun, faults, elsewhere }).routes())
  app.use((context) => elsewhere.serve(context))
  const server = await listen(app, options.port ?? 0).catch(async (error: unknown) => {
    await elsewhere.close()
    throw error
  })

  return {
    url: server.url,
    ...account,
    faults,
    requests,
    begun,
    async addRecording(sid, recording) {
      recordings.set(sid, await keep(sid, recording))
    },
    addCall(sid, call) {
      calls.set(sid, call)
    },
    recordingSids: () => [...recordings.keys()],
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      await Promise.all([server.close(), elsewhere.close()])
    },
  }
}
