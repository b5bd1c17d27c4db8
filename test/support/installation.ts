import { readConfiguration } from '../../config/environment.ts'
import type { CallView } from '../../core/api/call-view.ts'
import { type App, type AppOptions, openApp } from '../../core/app.ts'
import type { EngineEvent } from '../../core/engine/events.ts'
import { rowsOf } from '../../core/store/database.ts'
import { type LogLine, recordingLogger } from '../../core/testing/log.ts'
import type { NewRecording } from '../../sandbox/twilio/index.ts'
import { emptyStore, type GivenDatabase } from './stores.ts'
import { ADMIN_TOKEN, openSurroundings, type PlacedCall, type Surroundings } from './surroundings.ts'

export interface StartOptions {
  /** pipeline.yaml; what the last start has written where absent. */
  readonly pipeline?: string
  readonly worker?: AppOptions['worker']
  readonly streams?: AppOptions['streams']
  /** `web`: takes callbacks and executes nothing. */
  readonly role?: 'all' | 'web'
  /** Beside those of the surroundings, or instead. */
  readonly environment?: Readonly<Record<string, string>>
}

/** One attempt as the database has it. */
export interface AttemptRow {
  readonly stage_id: string
  readonly number: number
  readonly use: string
  readonly result: string
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string } | null
}

export interface Answered<Body> {
  readonly status: number
  /** JSON, parsed. Who asks says what it is. */
  readonly body: Body
}

/** How the API answers what it refuses. */
export interface Refused {
  readonly error: { readonly code: string }
}

/** Aftercall, running in this process: the whole of it, over real HTTP. */
export interface Running {
  readonly app: App
  readonly url: string
  readonly lines: readonly LogLine[]
  readonly events: readonly EngineEvent[]
  placeCall(words: string, recording?: Partial<NewRecording>): Promise<PlacedCall>
  /** The first event that matches, past or to come. */
  event(what: string, matches: (event: EngineEvent) => boolean): Promise<EngineEvent>
  /** Waits until the latest run of the call is settled; answers the call as the API shows it. */
  settled(call: PlacedCall, runId?: string): Promise<CallView>
  get<Body = unknown>(path: string): Promise<Answered<Body>>
  post<Body = unknown>(path: string, body?: unknown): Promise<Answered<Body>>
  view(call: PlacedCall): Promise<CallView>
  /** In the order of their numbers, stage by stage in alphabetical order. */
  attempts(runId: string): Promise<readonly AttemptRow[]>
  stop(): Promise<void>
}

export interface FreshInstallation {
  /** Only inside of tests. */
  readonly surroundings: Surroundings
  /** Starts it, and stops it after the test unless the test has done so. */
  start(options?: StartOptions): Promise<Running>
}

/** Put into a suite: each of its tests has surroundings of its own, and the database empty. */
export function freshInstallation(given: GivenDatabase): FreshInstallation {
  let surroundings: Surroundings | undefined
  const running = new Set<Running>()
  const opened = () => {
    if (surroundings === undefined) throw new Error('there are surroundings only inside of tests')
    return surroundings
  }
  let state: 'left-over' | 'of-this-test' = 'left-over'
  beforeEach(async () => {
    surroundings = await openSurroundings(given.address)
    state = 'left-over'
  })
  afterEach(async () => {
    for (const one of running) await one.stop()
    running.clear()
    await surroundings?.close()
  })
  return {
    get surroundings() {
      return opened()
    },
    async start(options = {}) {
      const { pipeline } = options
      if (pipeline !== undefined) await opened().writePipeline(pipeline)
      const started = await start(opened(), options, state)
      state = 'of-this-test'
      running.add(started)
      return started
    },
  }
}

async function start(
  surroundings: Surroundings,
  { worker: workerOptions, streams, role = 'all', environment }: StartOptions,
  database: 'left-over' | 'of-this-test',
): Promise<Running> {
  const configuration = readConfiguration({
    cwd: surroundings.folder,
    variables: { ...surroundings.environment, ...environment },
  })
  const { logger, lines } = recordingLogger()
  const news = newsOf()
  const app = await openApp({
    configuration,
    logger,
    listener: news.tell,
    ...(workerOptions === undefined ? {} : { worker: workerOptions }),
    ...(streams === undefined ? {} : { streams }),
  })
  await app.migrate()
  if (database === 'left-over') await emptyStore(app.store)
  const server = await app.startWeb(ADMIN_TOKEN)
  const worker = role === 'web' ? undefined : await app.startWorker()
  let stopped: Promise<void> | undefined

  const request = async <Body>(path: string, init: RequestInit = {}): Promise<Answered<Body>> => {
    const response = await fetch(new URL(path, server.url), {
      ...init,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    })
    return { status: response.status, body: (await response.json()) as Body }
  }
  const view = async ({ callSid }: PlacedCall): Promise<CallView> => {
    const { status, body } = await request<CallView>(`/api/calls/${callSid}`)
    if (status !== 200) throw new Error(`the API answered ${status}: ${JSON.stringify(body)}`)
    return body
  }
  return {
    app,
    url: server.url,
    lines,
    events: news.events,
    placeCall: (words, recording) => surroundings.placeCall(server.url, words, recording),
    event: news.wait,
    async settled(call, runId) {
      const run = runId ?? (await view(call)).run?.id
      await news.wait(`the run of ${call.callSid} is settled`, (event) => {
        return event.type === 'run-settled' && event.runId === run
      })
      return view(call)
    },
    get: (path) => request(path),
    post: (path, body) =>
      request(path, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    view,
    attempts: (runId) => attemptsOf(app, runId),
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }

  async function stop(): Promise<void> {
    await server.close()
    await worker?.stop(0)
    await app.close()
  }
}

async function attemptsOf(app: App, runId: string): Promise<readonly AttemptRow[]> {
  const rows = await rowsOf<Omit<AttemptRow, 'error'> & { readonly error: unknown }>(
    app.store.database,
    'SELECT stage_id, number, use, result, error FROM attempt WHERE run_id = ? ORDER BY stage_id, number',
    [runId],
  )
  return rows.map(({ error, ...row }) => ({ ...row, error: typeof error === 'string' ? JSON.parse(error) : error }))
}

const PATIENCE_MS = 15_000

/** Keeps what the engine tells, and lets tests wait for it. */
function newsOf() {
  const events: EngineEvent[] = []
  const waiting = new Set<(event: EngineEvent) => void>()
  return {
    events,
    tell(event: EngineEvent): void {
      events.push(event)
      for (const look of waiting) look(event)
    },
    wait(what: string, matches: (event: EngineEvent) => boolean): Promise<EngineEvent> {
      const past = events.find(matches)
      if (past !== undefined) return Promise.resolve(past)
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`it never came to this: ${what}; last came ${JSON.stringify(events.slice(-3))}`))
        }, PATIENCE_MS)
        const look = (event: EngineEvent) => {
          if (!matches(event)) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(event)
        }
        waiting.add(look)
      })
    },
  }
}
