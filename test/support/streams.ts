import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { silentLogger } from '../../core/contracts/index.ts'
import { type RunningServer, startServer } from '../../core/http/index.ts'
import { type StreamServer, type StreamServerOptions, serveStreams } from '../../core/ingress/stream/index.ts'
import { rowsOf } from '../../core/store/database.ts'
import { openStore, type Store } from '../../core/store/store.ts'
import { type LogLine, recordingLogger } from '../../core/testing/log.ts'
import {
  connectStream,
  mediaMessage,
  type StreamClient,
  type StreamIds,
  type StreamTarget,
  startMessage,
} from '../../sandbox/twilio/index.ts'
import { ACCOUNT, CALL } from './calls.ts'
import { PUBLIC_URL, TOKEN } from './door.ts'
import { MIGRATIONS } from './stores.ts'

export const STREAM = `MZ${'5'.repeat(32)}`
export const IDS: StreamIds = { streamSid: STREAM, callSid: CALL, accountSid: ACCOUNT }
/** 20 ms of a tone that is nowhere near silence. */
export const PIECE = Buffer.alloc(160, 0x20)

/** The socket over real HTTP, a real SQLite file and a real folder. */
export interface StreamDoor {
  readonly url: string
  readonly store: Store
  readonly streams: StreamServer
  readonly server: RunningServer
  readonly lines: readonly LogLine[]
  readonly root: string
  readonly target: StreamTarget
  connect(target?: Partial<StreamTarget>): Promise<StreamClient>
  /** Connected, with its start sent. */
  begin(ids?: Partial<StreamIds>): Promise<StreamClient>
  recordings(): Promise<readonly RecordingRow[]>
  /** What lies in the folder of streams. */
  files(): Promise<readonly string[]>
  warnings(): readonly LogLine[]
  close(): Promise<void>
}

export interface RecordingRow {
  readonly recording_sid: string
  readonly source: string
  readonly status: string
  readonly file: string | null
  readonly duration_sec: number
  readonly channels: number
  readonly run_id: string | null
}

export type StreamDoorOptions = Partial<
  Pick<StreamServerOptions, 'publicUrl' | 'authTokens' | 'limits' | 'open' | 'store'>
>

export async function openStreamDoor(folder: string, options: StreamDoorOptions = {}): Promise<StreamDoor> {
  const store = openStore({ address: { kind: 'sqlite', file: join(folder, 'a.db') }, migrations: MIGRATIONS })
  await store.migrate(silentLogger)
  const { logger, lines } = recordingLogger()
  const server = await startServer({ host: '127.0.0.1', port: 0, logger, routers: [] })
  const root = join(folder, 'streams')
  const streams = serveStreams({
    server: server.server,
    root,
    store,
    publicUrl: PUBLIC_URL,
    authTokens: [TOKEN],
    logger,
    ...options,
  })
  const target: StreamTarget = {
    url: `${PUBLIC_URL}/twilio/stream`,
    at: server.url,
    accountSid: ACCOUNT,
    authToken: TOKEN,
  }
  const connect = (changed: Partial<StreamTarget> = {}) => connectStream({ ...target, ...changed })
  return {
    url: server.url,
    store,
    streams,
    server,
    lines,
    root,
    target,
    connect,
    async begin(ids = {}) {
      const client = await connect()
      await client.send(startMessage({ ...IDS, ...ids }))
      return client
    },
    recordings: () =>
      rowsOf<RecordingRow>(
        store.database,
        'SELECT recording_sid, source, status, file, duration_sec, channels, run_id FROM recording ORDER BY created_at',
      ),
    files: () => readdir(root).catch(() => []),
    warnings: () => lines.filter(({ level }) => level === 'warn' || level === 'error'),
    async close() {
      await Promise.all([streams.close(), server.close()])
      await store.close()
    },
  }
}

/** So many pieces of 20 ms on both tracks, from the beginning or from a piece on. */
export async function sendPieces(
  client: StreamClient,
  count: number,
  { from = 0, ids = IDS, audio = PIECE }: { from?: number; ids?: StreamIds; audio?: Buffer } = {},
): Promise<void> {
  for (let index = from; index < from + count; index++) {
    for (const track of ['inbound', 'outbound'] as const) {
      const piece = { track, chunk: index + 1, timestampMs: index * 20, audio }
      await client.send(mediaMessage(ids, piece, index * 2))
    }
  }
}
