import pLimit from 'p-limit'
import { v4 as uuid } from 'uuid'
import { AftercallError, type Logger, RetryableError } from '../contracts/index.ts'
import type { Queue } from '../queue/queue.ts'
import type { RecordingCallback } from '../store/recording-callbacks.ts'
import type { PlanReference } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { Resource, TwilioApi } from '../twilio-api/recordings.ts'
import { asRecordingCallback, asStatusCallback, statusOf } from './callbacks.ts'
import { windowOf } from './window.ts'

export interface SyncOptions {
  readonly store: Store
  readonly queue: Queue
  readonly api: TwilioApi
  readonly plan: () => PlanReference
  /** Milliseconds; `everyMs` also says when a sync by the timer is due again. */
  readonly settings: { readonly everyMs: number; readonly overlapMs: number }
  readonly logger: Logger
}

export interface SyncRequest {
  /** `timer`: only when it is due; `asked`: now; `dry-run`: now, and nothing is written. */
  readonly occasion: 'timer' | 'asked' | 'dry-run'
  /** Milliseconds ago; from the cursor on where absent. */
  readonly sinceMs?: number
  readonly signal: AbortSignal
  /** Told after each page. */
  readonly progress?: (soFar: SyncSummary) => void
}

/** What a sync has found. */
export interface SyncSummary {
  readonly since: string
  readonly pages: number
  /** Recordings that Twilio listed. */
  readonly seen: number
  /** Of these, those of which we knew all. */
  readonly known: number
  /** SIDs of those of which a run was started, or would be. */
  readonly started: readonly string[]
  /** Of these, those that are not complete, or belong to no call. */
  readonly others: number
}

/** A sync that failed, or was cut off, is tried again sooner than a whole interval later. Milliseconds. */
const SOON_MS = 5 * 60_000
/** Calls that are asked for side by side. */
const CONCURRENCY = 8

/**
 * Lists the recordings at Twilio, and takes in what its callbacks never told us, exactly as those would have.
 * Undefined where the timer's turn has not come. Only a sync that has seen all of its window moves the cursor; one
 * that fails leaves what it has taken in, and the next begins at the same place. Throws what Twilio's API throws, and
 * `conflict` where another process is at it.
 */
export async function sync(options: SyncOptions, request: SyncRequest): Promise<SyncSummary | undefined> {
  const { store, api, settings } = options
  const lease = { accountSid: api.account.accountSid, owner: uuid() }
  const { occasion } = request
  if (occasion === 'dry-run') return (await walk(options, request)).summary
  const kind = occasion === 'asked' ? { kind: occasion } : { kind: occasion, everyMs: settings.everyMs }
  if (!(await store.beginSync(lease, kind))) {
    if (occasion === 'timer') return undefined
    throw anotherIsAtIt()
  }
  try {
    const { summary, cursor } = await walk(options, request, async () => {
      if (!(await store.keepSync(lease))) throw anotherIsAtIt()
    })
    await store.endSync(lease, { cursor, dueInMs: settings.everyMs })
    return summary
  } catch (error) {
    const asked = error instanceof RetryableError ? (error.retryAfterMs ?? 0) : 0
    // The lease runs out by itself where the database is what failed.
    await store.endSync(lease, { cursor: null, dueInMs: Math.max(asked, SOON_MS) }).catch(() => {})
    throw error
  }
}

function anotherIsAtIt(): AftercallError {
  return new AftercallError('another process is syncing this account just now', {
    code: 'conflict',
    remedy: 'Wait until it is done, ten minutes at most where it has died, then repeat.',
  })
}

/** Every page of the window. `keep` throws where the lease was lost. */
async function walk(options: SyncOptions, request: SyncRequest, keep?: () => Promise<void>) {
  const { store, api, settings } = options
  const standing = await store.syncStanding(api.account.accountSid)
  const window = windowOf(standing, { overlapMs: settings.overlapMs, sinceMs: request.sinceMs })
  let summary: SyncSummary = {
    since: window.since.toISOString(),
    pages: 0,
    seen: 0,
    known: 0,
    started: [],
    others: 0,
  }
  for await (const page of api.recordingsSince(window.since, request.signal)) {
    const taken = await takePage(options, request, page)
    await keep?.()
    const count = (what: Taken) => taken.filter((one) => one.what === what).length
    summary = {
      ...summary,
      pages: summary.pages + 1,
      seen: summary.seen + page.length,
      known: summary.known + count('known'),
      // A recording that slips to the next page while new ones arrive is listed twice.
      started: [...new Set([...summary.started, ...taken.flatMap(({ what, sid }) => (what === 'started' ? sid : []))])],
      others: summary.others + count('other'),
    }
    request.progress?.(summary)
  }
  return { summary, cursor: window.cursor }
}

type Taken = 'known' | 'started' | 'other'

async function takePage(options: SyncOptions, request: SyncRequest, page: readonly Resource[]) {
  const sids = page.map(({ sid = '' }) => sid)
  const known = await options.store.recordingStatuses(sids)
  const limit = pLimit(CONCURRENCY)
  const taking = page.map((recording) =>
    limit(async (): Promise<{ readonly sid: string; readonly what: Taken }> => {
      const sid = recording['sid'] ?? ''
      const [status, before] = [statusOf(recording), known.get(sid)]
      if (status === undefined) return { sid, what: 'other' }
      if (before === status || before === 'completed') return { sid, what: 'known' }
      return { sid, what: await take(options, request, recording) }
    }),
  )
  // All of them first, so that nothing goes on in the background when one has failed.
  await Promise.allSettled(taking)
  const taken = await Promise.all(taking)
  if (taken.some(({ what }) => what === 'started') && request.occasion !== 'dry-run') options.queue.wake()
  return taken
}

async function take(options: SyncOptions, request: SyncRequest, found: Resource): Promise<Taken> {
  const { store, plan, logger } = options
  const told = readable(() => asRecordingCallback(found), logger, found)
  if (told === undefined) return 'other'
  if (request.occasion === 'dry-run') return told.status === 'completed' ? 'started' : 'other'
  // The call first, so that its run knows from the start whose it is. Without it the recording counts all the same.
  const { callSid, call } = await callOf(options, request, told)
  const callback = { ...told, callSid }
  const { recordingSid } = callback
  const news = call && readable(() => asStatusCallback(call), logger, call)
  if (news !== undefined) await store.ingestStatus(news)
  const ingested = await store.ingestRecording(callback, plan())
  if (ingested.kind === 'repeated') return 'known'
  if (ingested.kind !== 'started') return 'other'
  logger.info(
    { callSid, recordingSid, runId: ingested.runId, foundBy: 'sync' },
    `handle_recording: Saved recording_sid ${recordingSid} for ${callSid}`,
  )
  return 'started'
}

/** The call of a recording; of a leg, the call that has made the leg: it is the one that callbacks name. */
async function callOf({ api }: SyncOptions, { signal }: SyncRequest, { accountSid, callSid }: RecordingCallback) {
  const call = await api.call(accountSid, callSid, signal)
  const parentSid = call?.['parent_call_sid'] ?? ''
  if (!/^CA[0-9a-fA-F]{32}$/.test(parentSid)) return { callSid, call }
  return { callSid: parentSid, call: await api.call(accountSid, parentSid, signal) }
}

/** What cannot be read is left out: one odd recording must not keep all others from being found. */
function readable<T>(read: () => T, logger: Logger, { sid }: Resource): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AftercallError)) throw error
    logger.debug({ sid, reason: error.message }, 'Sync left out what it cannot read')
    return undefined
  }
}
