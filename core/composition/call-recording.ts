import type { Configuration } from '../configuration.ts'
import { type GuardedFetch, type Logger, UnavailableError } from '../contracts/index.ts'
import type { Chore } from '../engine/chores.ts'
import { callbackUrl } from '../ingress/callback-url.ts'
import { RecordingStarter } from '../ingress/recording-starter.ts'
import type { PlanReference } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import { accountOf } from '../twilio-api/account.ts'
import { startRecording } from '../twilio-api/start-recording.ts'

export interface CallRecordingParts {
  readonly configuration: Configuration
  readonly store: Store
  readonly plan: () => PlanReference
  readonly fetch: GuardedFetch
  readonly logger: Logger
}

/** What starts recordings by a request to Twilio, with the account of the configuration. */
export function recordingStarter({ configuration, store, plan, fetch, logger }: CallRecordingParts): RecordingStarter {
  const account = accountOf(configuration.twilio)
  return new RecordingStarter({
    store,
    plan,
    logger,
    callbackUrl: callbackUrl(configuration.publicUrl ?? '', '/twilio/recording'),
    begin: async (call, url) => {
      if (account !== undefined) return startRecording({ account, fetch }, call, url)
      throw new UnavailableError('TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not both set', { code: 'key-missing' })
    },
  })
}

/** Long enough for any callback about a recording that did begin. */
const UNRECORDED_AFTER_MS = 5 * 60_000

/** What a worker looks after, so that every call is recorded, or known not to be. */
export function recordingChores(starter: RecordingStarter, { store, logger }: CallRecordingParts): readonly Chore[] {
  return [
    { name: 'start recordings that are due', everyMs: 5_000, run: () => starter.sweep() },
    {
      name: 'close calls without a recording',
      everyMs: 30_000,
      run: async () => {
        const closed = await store.closeUnrecorded(UNRECORDED_AFTER_MS)
        if (closed > 0) logger.info({ calls: closed }, `Calls that ended without a recording: ${closed}`)
      },
    },
  ]
}
