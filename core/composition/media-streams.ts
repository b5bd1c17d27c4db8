import type { Server } from 'node:http'
import { join } from 'node:path'
import type { Configuration } from '../configuration.ts'
import type { Logger } from '../contracts/index.ts'
import type { Chore } from '../engine/chores.ts'
import { removeSpentStreams, type StreamLimits, type StreamServer, serveStreams } from '../ingress/stream/index.ts'
import type { Queue } from '../queue/queue.ts'
import type { PlanReference } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import { STREAM_WAITS, type StreamWaits } from '../store/stream-decision.ts'

/** What media streams may cost, and how long they wait for a recording of Twilio's; what is left out is as shipped. */
export interface StreamSettings {
  readonly limits?: Partial<StreamLimits>
  readonly waits?: Partial<StreamWaits>
}

export interface StreamParts {
  readonly configuration: Pick<Configuration, 'dataDir' | 'publicUrl' | 'twilio'>
  readonly settings: StreamSettings
  readonly store: Store
  readonly queue: Queue
  readonly plan: () => PlanReference
  readonly logger: Logger
}

/** Live audio, from the socket to the run over it. */
export interface MediaStreams {
  /** Takes streams on the upgrades of a server, and finishes what an earlier process has left. */
  serve(server: Server): StreamServer
  /** For a worker: streams become recordings where Twilio has none, and their files go once they are stored. */
  readonly chores: readonly Chore[]
}

const PROMOTE_MS = 2_000
const REMOVE_MS = 60_000

export function mediaStreams({ configuration, settings, store, queue, plan, logger }: StreamParts): MediaStreams {
  const { dataDir, publicUrl, twilio } = configuration
  const waits = { ...STREAM_WAITS, ...settings.waits }
  return {
    serve(server) {
      const streams = serveStreams({
        server,
        root: join(dataDir, 'streams'),
        store,
        publicUrl,
        authTokens: twilio.authTokens,
        logger,
        limits: settings.limits ?? {},
      })
      void streams.recover()
      return streams
    },
    chores: [
      {
        name: 'look for streams to process',
        everyMs: PROMOTE_MS,
        async run() {
          const promoted = await store.promoteStreams(plan(), waits)
          for (const { callSid, recordingSid, runId } of promoted) {
            logger.info({ callSid, runId }, `The stream is the recording of ${callSid}: ${recordingSid}`)
          }
          if (promoted.length > 0) queue.wake()
        },
      },
      { name: 'remove streams that are stored', everyMs: REMOVE_MS, run: () => removeSpentStreams(store) },
    ],
  }
}
