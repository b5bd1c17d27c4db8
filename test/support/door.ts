import { silentLogger } from '../../core/contracts/index.ts'
import { type RunningServer, type ServerLimits, startServer } from '../../core/http/index.ts'
import { type IngressOptions, ingressRouter } from '../../core/ingress/router.ts'
import { DEFAULT_SETTINGS } from '../../core/pipeline/settings.ts'
import { openStore, type Store } from '../../core/store/store.ts'
import { type LogLine, recordingLogger } from '../../core/testing/log.ts'
import { PLAN } from './calls.ts'
import { type CountingQueue, countingQueue } from './queue.ts'
import { MIGRATIONS } from './stores.ts'

/** The address that Twilio is told; a proxy would hand its requests on to the door. */
export const PUBLIC_URL = 'https://calls.example.com'
export const TOKEN = '0123456789abcdef0123456789abcdef'

/** The door over real HTTP and a real SQLite file, with everything that a test looks at. */
export interface Door {
  readonly url: string
  readonly port: number
  readonly store: Store
  readonly queue: CountingQueue
  readonly lines: readonly LogLine[]
  readonly server: RunningServer
  close(): Promise<void>
}

export interface DoorOptions extends Partial<Pick<IngressOptions, 'authTokens' | 'queue' | 'voice' | 'recordings'>> {
  /** Of the database. */
  readonly file: string
  /** Null: none is set. */
  readonly publicUrl?: string | null
  readonly limits?: Partial<ServerLimits>
  /** Any that is free, unless given. */
  readonly port?: number
}

export async function openDoor({
  file,
  publicUrl = PUBLIC_URL,
  authTokens = [TOKEN],
  limits,
  port = 0,
  ...given
}: DoorOptions): Promise<Door> {
  const store = openStore({ address: { kind: 'sqlite', file }, migrations: MIGRATIONS })
  await store.migrate(silentLogger)
  const queue = countingQueue()
  const { logger, lines } = recordingLogger()
  const server = await startServer({
    host: '127.0.0.1',
    port,
    logger,
    routers: [
      ingressRouter({
        store,
        queue,
        plan: () => PLAN,
        publicUrl: publicUrl ?? undefined,
        authTokens,
        voice: DEFAULT_SETTINGS.twilio,
        recordings: { startSoon() {} },
        logger,
        ...given,
      }),
    ],
    ...(limits === undefined ? {} : { limits }),
  })
  return {
    url: server.url,
    port: server.port,
    store,
    queue,
    lines,
    server,
    close: async () => {
      await server.close()
      await store.close()
    },
  }
}
