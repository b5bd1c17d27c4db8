import { join } from 'node:path'
import { metricsRouter } from './api/metrics.ts'
import { apiRouter } from './api/router.ts'
import { recordingChores, recordingStarter } from './composition/call-recording.ts'
import { type MediaStreams, mediaStreams, type StreamSettings } from './composition/media-streams.ts'
import { Outbound } from './composition/outbound.ts'
import { loadPipelineFile, planOfKept } from './composition/pipeline-file.ts'
import { type Upkeep, upkeepOf } from './composition/upkeep.ts'
import type { Configuration } from './configuration.ts'
import { type Logger, thrownMessage } from './contracts/index.ts'
import type { Chore } from './engine/chores.ts'
import type { EngineListener } from './engine/events.ts'
import { RunFiles } from './engine/files.ts'
import { OpenPlan } from './engine/open-plan.ts'
import { type Operations, operationsOf } from './engine/operations.ts'
import { Plans } from './engine/plans.ts'
import { Worker } from './engine/worker.ts'
import { type RunningServer, startServer } from './http/index.ts'
import type { RecordingStarter } from './ingress/recording-starter.ts'
import { ingressRouter } from './ingress/router.ts'
import type { Plan } from './pipeline/plan.ts'
import { DEFAULT_SETTINGS, type Settings } from './pipeline/settings.ts'
import { inProcessQueue } from './queue/in-process.ts'
import type { Queue } from './queue/queue.ts'
import { openStore, type Store } from './store/store.ts'

export interface AppOptions {
  readonly configuration: Configuration
  readonly logger: Logger
  /** Told what happens to runs in this process. */
  readonly listener?: EngineListener
  /** The plan in force, instead of that of the pipeline file. */
  readonly plan?: Plan
  readonly streams?: StreamSettings
  readonly worker?: Partial<
    Pick<ConstructorParameters<typeof Worker>[0], 'slots' | 'heartbeatMs' | 'leaseMs' | 'pollMs' | 'abortGraceMs'>
  >
}

/** The parts of Aftercall, put together. Nothing runs until it is started. */
export interface App {
  readonly configuration: Configuration
  readonly logger: Logger
  readonly store: Store
  readonly queue: Queue
  /** What pipeline.yaml says of the installation. */
  readonly settings: Settings
  /** The pipeline in force, with its drivers. */
  readonly open: OpenPlan
  readonly operations: Operations
  readonly upkeep: Upkeep
  /** Brings the database up to date; waits for another process that does. */
  migrate(): Promise<void>
  startWeb(adminToken: string): Promise<RunningServer>
  /** `given`: executes only what it is given, and claims nothing. */
  startWorker(mode?: 'claiming' | 'given'): Promise<Worker>
  /** Closes drivers, connections and the database. Stop servers and workers before. */
  close(): Promise<void>
}

const MIGRATIONS = join(import.meta.dirname, '../migrations')

/** What the app and its servers and workers are made of, beside what everybody sees. */
interface Parts
  extends Pick<App, 'configuration' | 'logger' | 'store' | 'queue' | 'settings' | 'open' | 'operations' | 'upkeep'> {
  readonly options: AppOptions
  readonly plans: Plans
  readonly outbound: Outbound
  readonly streams: MediaStreams
  readonly recordings: RecordingStarter
  readonly chores: readonly Chore[]
}

/** Puts the program together from its configuration. Throws `bad-configuration` for a pipeline that cannot be used. */
export async function openApp(options: AppOptions): Promise<App> {
  const parts = await partsOf(options)
  const { configuration, logger, store, queue, settings, open, operations, upkeep } = parts
  return {
    configuration,
    logger,
    store,
    queue,
    settings,
    open,
    operations,
    upkeep,
    migrate: async () => {
      await store.migrate(logger)
    },
    startWeb: (adminToken) => startWeb(parts, adminToken),
    startWorker: (mode = 'claiming') => startWorker(parts, mode),
    close: () => close(parts),
  }
}

async function partsOf(options: AppOptions): Promise<Parts> {
  const { configuration, logger } = options
  const { plan, settings } =
    options.plan === undefined
      ? await loadPipelineFile(configuration)
      : { plan: options.plan, settings: DEFAULT_SETTINGS }
  const store = openStore({ address: configuration.database, migrations: MIGRATIONS })
  const queue = inProcessQueue()
  const outbound = new Outbound(configuration)
  const plans = new Plans(store, {
    load: (spec) => planOfKept(spec, configuration),
    open: (loaded) => new OpenPlan(loaded, { fetch: outbound.forPlan(loaded) }, logger),
  })
  const inForce = () => plan
  const shared = { configuration, store, queue, plan: inForce, fetch: outbound.forPlan(plan), logger }
  const upkeep = upkeepOf({ ...shared, settings, media: async (hash) => (await plans.get(hash)).media })
  const recordings = recordingStarter(shared)
  const streams = mediaStreams({ ...shared, settings: options.streams ?? {} })
  return {
    options,
    configuration,
    logger,
    store,
    queue,
    settings,
    plans,
    outbound,
    open: plans.use(plan),
    operations: operationsOf(store, queue, inForce),
    upkeep,
    recordings,
    streams,
    chores: [...streams.chores, ...upkeep.chores, ...recordingChores(recordings, shared)],
  }
}

async function startWeb(parts: Parts, adminToken: string): Promise<RunningServer> {
  const { configuration, logger, store, queue, open, operations, settings, recordings, streams } = parts
  const plan = () => open.plan
  const web = await startServer({
    host: configuration.host,
    port: configuration.port,
    logger,
    routers: [
      ingressRouter({
        store,
        queue,
        plan,
        publicUrl: configuration.publicUrl,
        authTokens: configuration.twilio.authTokens,
        voice: settings.twilio,
        recordings,
        logger,
      }),
      apiRouter({ store, queue, plan, adminToken, operations, media: open.media }),
      metricsRouter({ store, adminToken }),
    ],
  })
  const streamServer = streams.serve(web.server)
  return {
    ...web,
    close: async () => {
      await Promise.all([streamServer.close(), web.close()])
      await recordings.close()
    },
  }
}

async function startWorker(parts: Parts, mode: 'claiming' | 'given'): Promise<Worker> {
  const { configuration, store, queue, plans, logger, chores, options } = parts
  const worker = new Worker({
    store,
    queue,
    plans,
    files: new RunFiles(join(configuration.dataDir, 'runs')),
    logger,
    chores,
    ...(options.listener === undefined ? {} : { listener: options.listener }),
    ...options.worker,
  })
  await worker.start(mode)
  return worker
}

async function close({ plans, queue, outbound, store, logger }: Parts): Promise<void> {
  const closed = await Promise.allSettled([plans.close(), queue.close(), outbound.close()])
  await store.close()
  for (const result of closed) {
    if (result.status === 'rejected') logger.warn({ err: result.reason }, thrownMessage(result.reason))
  }
}
