import { join } from 'node:path'
import { apiRouter } from './api/router.ts'
import { recordingChores, recordingStarter } from './composition/call-recording.ts'
import { mediaStreams, type StreamSettings } from './composition/media-streams.ts'
import { loadPipelineFile, planOfKept } from './composition/pipeline-file.ts'
import { type Upkeep, upkeepOf } from './composition/upkeep.ts'
import type { Configuration } from './configuration.ts'
import { type Logger, thrownMessage } from './contracts/index.ts'
import type { EngineListener } from './engine/events.ts'
import { RunFiles } from './engine/files.ts'
import { OpenPlan } from './engine/open-plan.ts'
import { type Operations, operationsOf } from './engine/operations.ts'
import { Plans } from './engine/plans.ts'
import { Worker } from './engine/worker.ts'
import { type RunningServer, startServer } from './http/index.ts'
import { ingressRouter } from './ingress/router.ts'
import { guardedFetch } from './outbound/index.ts'
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

/** Puts the program together from its configuration. Throws `bad-configuration` for a pipeline that cannot be used. */
export async function openApp({
  configuration,
  logger,
  listener,
  plan: given,
  streams: streamSettings = {},
  worker,
}: AppOptions): Promise<App> {
  const { plan, settings } =
    given === undefined ? await loadPipelineFile(configuration) : { plan: given, settings: DEFAULT_SETTINGS }
  const store = openStore({ address: configuration.database, migrations: MIGRATIONS })
  const queue = inProcessQueue()
  const fetches: ReturnType<typeof guardedFetch>[] = []
  const plans = new Plans(store, {
    load: (spec) => planOfKept(spec, configuration),
    open: (loaded) => {
      // Every plan trusts what its own variables name: the one in force may not name what an earlier run needs.
      const fetch = guardedFetch({
        allow: configuration.outboundAllow,
        trustedOrigins: trustedOrigins(configuration, loaded),
      })
      fetches.push(fetch)
      return new OpenPlan(loaded, { fetch }, logger)
    },
  })
  const open = plans.use(plan)
  const apiFetch = guardedFetch({
    allow: configuration.outboundAllow,
    trustedOrigins: trustedOrigins(configuration, plan),
  })
  fetches.push(apiFetch)
  const upkeep = upkeepOf({
    configuration,
    settings,
    store,
    queue,
    plan: () => plan,
    fetch: apiFetch,
    media: async (planHash) => (await plans.get(planHash)).media,
    logger,
  })
  const recordingParts = { configuration, store, plan: () => plan, fetch: apiFetch, logger }
  const recordings = recordingStarter(recordingParts)
  const streams = mediaStreams({
    configuration,
    settings: streamSettings,
    store,
    queue,
    plan: () => plan,
    logger,
  })
  const operations = operationsOf(store, queue, () => plan)
  const files = new RunFiles(join(configuration.dataDir, 'runs'))

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
    startWeb: async (adminToken) => {
      const web = await startServer({
        host: configuration.host,
        port: configuration.port,
        logger,
        routers: [
          ingressRouter({
            store,
            queue,
            plan: () => plan,
            publicUrl: configuration.publicUrl,
            authTokens: configuration.twilio.authTokens,
            voice: settings.twilio,
            recordings,
            logger,
          }),
          apiRouter({ store, queue, plan: () => plan, adminToken, operations, media: open.media }),
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
    },
    startWorker: async (mode = 'claiming') => {
      const started = new Worker({
        store,
        queue,
        plans,
        files,
        logger,
        chores: [...streams.chores, ...upkeep.chores, ...recordingChores(recordings, recordingParts)],
        ...(listener === undefined ? {} : { listener }),
        ...worker,
      })
      await started.start(mode)
      return started
    },
    close: async () => {
      const closed = await Promise.allSettled([plans.close(), queue.close(), ...fetches.map((fetch) => fetch.close())])
      await store.close()
      for (const result of closed) {
        if (result.status === 'rejected') logger.warn({ err: result.reason }, thrownMessage(result.reason))
      }
    },
  }
}

/**
 * Origins that the owner named in the environment, for Twilio, for a model server, or through a variable of the
 * pipeline: reached although they may be private. Nobody else can put an address there.
 */
function trustedOrigins({ environment }: Configuration, plan: Plan): readonly string[] {
  const inPipeline = JSON.stringify(plan.spec).matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)
  const names = ['TWILIO_API_URL', 'OPENAI_BASE_URL', ...[...inPipeline].map(([, name]) => name ?? '')]
  return names.flatMap((name) => {
    const url = URL.parse(environment[name] ?? '')
    return url?.protocol === 'http:' || url?.protocol === 'https:' ? [url.origin] : []
  })
}
