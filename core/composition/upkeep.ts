import type { Configuration } from '../configuration.ts'
import { AftercallError, type GuardedFetch, type Logger, type Media } from '../contracts/index.ts'
import type { Chore } from '../engine/chores.ts'
import type { Settings } from '../pipeline/settings.ts'
import type { Queue } from '../queue/queue.ts'
import { deleteAtTwilio } from '../recordings/deletion.ts'
import { eraseOldRecordings } from '../recordings/retention.ts'
import type { PlanReference } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import { syncChore } from '../sync/chore.ts'
import { type SyncRequest, type SyncSummary, sync } from '../sync/sync.ts'
import { accountOf } from '../twilio-api/account.ts'
import { twilioApi } from '../twilio-api/recordings.ts'

export interface UpkeepOptions {
  readonly configuration: Pick<Configuration, 'twilio'>
  readonly settings: Pick<Settings, 'recordings' | 'sync'>
  readonly store: Store
  readonly queue: Queue
  readonly plan: () => PlanReference
  readonly fetch: GuardedFetch
  /** The recordings as a plan keeps them. */
  readonly media: (planHash: string) => Promise<Media>
  readonly logger: Logger
}

/** What is done about recordings beside runs: lost ones are found, old ones end. */
export interface Upkeep {
  /** Undefined where nothing was due. Throws `key-missing` where there is no account. */
  sync(request: SyncRequest): Promise<SyncSummary | undefined>
  /** For a worker: as far as settings ask for it, and an account is there that can. */
  readonly chores: readonly Chore[]
}

/** How often it is looked for recordings whose end has come. */
const SWEEP_MS = 60_000

export function upkeepOf(options: UpkeepOptions): Upkeep {
  const { store, queue, plan, settings, logger, fetch, media } = options
  const account = accountOf(options.configuration.twilio)
  const api = account === undefined ? undefined : twilioApi({ account, fetch })
  const syncing = api === undefined ? undefined : { store, queue, api, plan, settings: settings.sync, logger }
  const { deleteAfterMs, retentionMs } = settings.recordings
  const chores: Chore[] = []
  if (syncing !== undefined && settings.sync.everyMs > 0) chores.push(syncChore(syncing))
  if (api !== undefined && deleteAfterMs !== undefined) {
    const deletion = { store, api, afterMs: deleteAfterMs, logger }
    chores.push(chore('delete recordings at Twilio', (signal) => deleteAtTwilio(deletion, signal)))
  }
  if (retentionMs !== undefined) {
    const retention = { store, media, retentionMs, logger }
    chores.push(chore('erase old recordings', (signal) => eraseOldRecordings(retention, signal)))
  }
  return {
    chores,
    sync: (request) => {
      if (syncing !== undefined) return sync(syncing, request)
      throw new AftercallError('Twilio cannot be asked: TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is not set', {
        code: 'key-missing',
      })
    },
  }
}

function chore(name: string, sweep: (signal: AbortSignal) => Promise<number>): Chore {
  return {
    name,
    everyMs: SWEEP_MS,
    async run(signal) {
      await sweep(signal)
    },
  }
}
