import { silentLogger } from '../../core/contracts/index.ts'
import { inProcessQueue } from '../../core/queue/in-process.ts'
import type { Store } from '../../core/store/store.ts'
import { type SyncOptions, type SyncRequest, type SyncSummary, sync } from '../../core/sync/sync.ts'
import { type TwilioApi, twilioApi } from '../../core/twilio-api/recordings.ts'
import type { TwilioSandbox } from '../../sandbox/twilio/index.ts'
import { PLAN } from './calls.ts'

export const HOUR_MS = 3_600_000

/** Twilio's API as the core asks it, of a sandbox; without the waits between tries, which are told instead. */
export function apiOf(
  { url, accountSid, authToken }: TwilioSandbox,
  { pageSize = 2, waits = [], authTokens = [authToken], patienceMs }: ApiOptions = {},
): TwilioApi {
  return twilioApi({
    account: { accountSid, authTokens, apiUrl: url },
    fetch,
    pageSize,
    ...(patienceMs === undefined ? {} : { patienceMs }),
    wait: async (ms, signal) => {
      signal.throwIfAborted()
      waits.push(ms)
    },
  })
}

export interface ApiOptions {
  readonly pageSize?: number
  readonly waits?: number[]
  readonly authTokens?: readonly string[]
  readonly patienceMs?: number
}

export function syncOptions(store: Store, api: TwilioApi, changes: Partial<SyncOptions> = {}): SyncOptions {
  return {
    store,
    queue: inProcessQueue(),
    api,
    plan: () => PLAN,
    settings: { everyMs: 15 * 60_000, overlapMs: HOUR_MS },
    logger: silentLogger,
    ...changes,
  }
}

/** A sync that was asked for. */
export async function syncNow(options: SyncOptions, request: Partial<SyncRequest> = {}): Promise<SyncSummary> {
  const summary = await sync(options, { occasion: 'asked', signal: new AbortController().signal, ...request })
  if (summary === undefined) throw new Error('a sync that was asked for is never put off')
  return summary
}
