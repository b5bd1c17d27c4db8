import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apiRouter } from '../../core/api/router.ts'
import { loadPipelineFile } from '../../core/composition/pipeline-file.ts'
import { type Media, silentLogger } from '../../core/contracts/index.ts'
import { operationsOf } from '../../core/engine/operations.ts'
import { type RunningServer, startServer } from '../../core/http/index.ts'
import type { Plan } from '../../core/pipeline/plan.ts'
import { openStore, type Store } from '../../core/store/store.ts'
import { type LogLine, recordingLogger } from '../../core/testing/log.ts'
import { testServices } from '../../core/testing/services.ts'
import filesystem from '../../plugins/recording-store/filesystem.ts'
import { type CountingQueue, countingQueue } from './queue.ts'
import { MIGRATIONS } from './stores.ts'
import { type Answer, send } from './twilio-request.ts'

export const ADMIN_TOKEN = 'an-admin-token-of-the-tests'
export const SECRETS = ['sk-of-the-tests', 'whsec_c2VjcmV0LW9mLXRoZS10ZXN0cy0xMjM0NTY3ODkw']

const PIPELINE = `
version: 1
stages:
  - { stage: recording-store, use: filesystem }
  - stage: stt
    use: openai
    with: { apiKey: "\${OPENAI_API_KEY}" }
    fallback: [{ use: openai, with: { model: gpt-4o-transcribe } }]
    timeout: 3m
  - { stage: summarize, use: openai, optional: true }
  - { stage: webhook, use: http, with: { url: "https://example.com/hook", secret: "\${WEBHOOK_SECRET}" } }
`

/** The API over real HTTP, a real SQLite file, the real engine's operations and a real folder of recordings. */
export interface Api {
  readonly port: number
  readonly store: Store
  readonly queue: CountingQueue
  readonly plan: Plan
  readonly lines: readonly LogLine[]
  /** Folder of the recordings. */
  readonly recordings: string
  /** A test says of what shape it expects the answer to be, and then asserts it. */
  get<Body = unknown>(path: string): Promise<Answered<Body>>
  post<Body = unknown>(path: string, body?: unknown): Promise<Answered<Body>>
  close(): Promise<void>
}

export interface Answered<Body> {
  readonly status: number
  readonly headers: Answer['headers']
  /** JSON, parsed. */
  readonly body: Body
}

export interface ApiOptions {
  readonly adminToken?: string
  readonly media?: Media
}

export async function openApi(folder: string, { adminToken = ADMIN_TOKEN, media }: ApiOptions = {}): Promise<Api> {
  const plan = await loadPlan(folder)
  const store = openStore({ address: { kind: 'sqlite', file: join(folder, 'aftercall.db') }, migrations: MIGRATIONS })
  await store.migrate(silentLogger)
  const recordings = join(folder, 'recordings')
  await mkdir(recordings, { recursive: true })
  const queue = countingQueue()
  const { logger, lines } = recordingLogger()
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    logger,
    routers: [
      apiRouter({
        store,
        queue,
        plan: () => plan,
        adminToken,
        operations: operationsOf(store, queue, () => plan),
        media: media ?? filesystem.create({ dir: recordings, ...ACCOUNT }, testServices()),
      }),
    ],
  })
  return {
    port: server.port,
    store,
    queue,
    plan,
    lines,
    recordings,
    ...client(server),
    close: () => close(server, store),
  }
}

const ACCOUNT = { accountSid: '', authToken: '', apiUrl: 'https://api.twilio.com' }

async function loadPlan(folder: string): Promise<Plan> {
  const pipelineFile = join(folder, 'pipeline.yaml')
  await writeFile(pipelineFile, PIPELINE)
  const [OPENAI_API_KEY = '', WEBHOOK_SECRET = ''] = SECRETS
  return (await loadPipelineFile({ pipelineFile, environment: { OPENAI_API_KEY, WEBHOOK_SECRET } })).plan
}

function client({ port }: RunningServer): Pick<Api, 'get' | 'post'> {
  const authorization = { Authorization: `Bearer ${ADMIN_TOKEN}` }
  return {
    get: async (path) => answered(await send(port, path, { method: 'GET', headers: authorization })),
    post: async (path, body) => {
      const headers = body === undefined ? authorization : { ...authorization, 'Content-Type': 'application/json' }
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return answered(await send(port, path, { headers, ...(text === undefined ? {} : { body: text }) }))
    },
  }
}

function answered<Body>({ status, headers, text }: Answer): Answered<Body> {
  return { status, headers, body: text === '' ? null : JSON.parse(text) }
}

async function close(server: RunningServer, store: Store): Promise<void> {
  await server.close()
  await store.close()
}
