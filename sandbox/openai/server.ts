import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import Router from '@koa/router'
import Koa from 'koa'
import { completeChat } from './chat.ts'
import { createFaults, type Fault, type Faults, type Route } from './faults.ts'
import { modelList } from './models.ts'
import { quotaRefusal, Refusal } from './refusal.ts'
import { readForm, readJson } from './request-body.ts'
import { readTranscription, type Transcripts, type Upload } from './transcriptions.ts'

export interface OpenAiSandboxOptions {
  /** 0, the default: any free one. */
  readonly port?: number
  /** What is "heard" in an upload; without it every upload holds the same sentence. */
  readonly transcripts?: Transcripts
  /** Milliseconds before each answer, 0 by default. */
  readonly latencyMs?: number
  /** The only key that is taken; without it any key is. */
  readonly apiKey?: string
}

/** A request that passed the checks of its route. */
export type SeenRequest =
  | { readonly route: 'transcriptions'; readonly upload: Upload }
  | { readonly route: 'chat'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly route: 'models' }

export interface OpenAiSandbox {
  /** What `OPENAI_BASE_URL` is set to, `/v1` included. */
  readonly url: string
  /** What was asked, in order; requests that met a fault are among them. */
  readonly requests: readonly SeenRequest[]
  readonly faults: Faults
  /** Hanging requests are cut off. */
  close(): Promise<void>
}

const DEFAULT_TEXT = 'Hello, I need a plumber in Tel Aviv, the kitchen sink is leaking.'

/**
 * A pretend OpenAI on loopback, for the demo, tests and benchmarks. On the wire it behaves as the real one: the same
 * routes, checks, limits and errors. What it answers is a pretence: it hears nothing and understands nothing, but
 * says what `transcripts` gives it, and looks words up in what it is shown.
 */
export async function startOpenAiSandbox(options: OpenAiSandboxOptions = {}): Promise<OpenAiSandbox> {
  const faults = createFaults()
  const requests: SeenRequest[] = []
  const transcripts = options.transcripts ?? (() => DEFAULT_TEXT)

  const router = new Router({ prefix: '/v1' })
  router.post('/audio/transcriptions', async (context) => {
    const { upload, answer } = await readTranscription(await readForm(context.req))
    requests.push({ route: 'transcriptions', upload })
    const fault = await meet(context, 'transcriptions')
    context.body = answer(fault?.kind === 'text' ? fault.text : transcripts(upload))
  })
  router.post('/chat/completions', async (context) => {
    const body = await readJson(context.req)
    requests.push({ route: 'chat', body })
    context.body = completeChat(body, await meet(context, 'chat'))
  })
  router.get('/models', async (context) => {
    requests.push({ route: 'models' })
    await meet(context, 'models')
    context.body = modelList()
  })

  /** Latency, then the fault that is programmed; those that spoil the answer itself are returned. */
  async function meet(context: Koa.Context, route: Route): Promise<Fault | undefined> {
    if (options.latencyMs !== undefined && options.latencyMs > 0) await sleep(options.latencyMs)
    const fault = faults.take(route)
    if (fault?.kind === 'status') throw statusRefusal(fault)
    if (fault?.kind === 'insufficient-quota') throw quotaRefusal()
    if (fault?.kind === 'disconnect') context.res.destroy()
    if (fault?.kind === 'hang') await once(context.res, 'close')
    return fault
  }

  const app = new Koa()
  app.silent = true
  app.use(refusals)
  app.use(authorisation(options.apiKey))
  app.use(router.routes())

  const server = createServer(app.callback())
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    faults,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function refusals(context: Koa.Context, next: Koa.Next): Promise<void> {
  try {
    await next()
    if (context.status === 404) throw new Refusal(404, `Invalid URL (${context.method} ${context.path})`)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    context.status = error.status
    context.set({ ...error.headers })
    context.body = error.body()
  }
}

function authorisation(apiKey: string | undefined): Koa.Middleware {
  return async (context, next) => {
    const [, key = ''] = /^Bearer (.+)$/.exec(context.get('authorization')) ?? []
    if (key === '') {
      throw new Refusal(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header.",
      )
    }
    if (apiKey !== undefined && key !== apiKey) {
      throw new Refusal(401, `Incorrect API key provided: ${masked(key)}.`, { code: 'invalid_api_key' })
    }
    await next()
  }
}

function masked(key: string): string {
  return key.length <= 8 ? '*'.repeat(key.length) : `${key.slice(0, 3)}****${key.slice(-4)}`
}

function statusRefusal(fault: Extract<Fault, { kind: 'status' }>): Refusal {
  const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }
  const message = fault.message ?? `Pretend failure with status ${fault.status}`
  return new Refusal(fault.status, message, {
    headers,
    ...(fault.status === 429 ? { type: 'requests', code: 'rate_limit_exceeded' } : {}),
  })
}
