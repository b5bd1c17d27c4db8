import { errorRecord, type Logger, PermanentError, thrownMessage, UnavailableError } from '../contracts/index.ts'
import type { DueRecording } from '../store/recording-starts.ts'
import type { PlanReference } from '../store/runs.ts'
import type { Store } from '../store/store.ts'

/** A recording that Twilio has begun. */
export interface BegunRecording {
  readonly accountSid: string
  readonly recordingSid: string
  readonly channels: number | null
  /** RFC 2822. */
  readonly startTime: string | null
}

/**
 * Asks Twilio to record a call, unless it does already. Undefined: the call is not on any more. Throws a
 * PermanentError or an UnavailableError where another try would end the same way.
 */
export type BeginRecording = (call: DueRecording, callbackUrl: string) => Promise<BegunRecording | undefined>

export interface RecordingStarterOptions {
  readonly store: Store
  readonly logger: Logger
  readonly plan: () => PlanReference
  readonly begin: BeginRecording
  /** Where Twilio is to tell of the recording. */
  readonly callbackUrl: string
}

/** About two minutes, at half a minute each. */
const MOST_ATTEMPTS = 5

/**
 * Starts recordings by a request to Twilio. What is due stands in the database: it is started by whoever took the
 * callback, at once, and where that fails or dies by the next sweep, for as long as the call may be on.
 */
export class RecordingStarter {
  readonly #options: RecordingStarterOptions
  readonly #starting = new Set<Promise<void>>()

  constructor(options: RecordingStarterOptions) {
    this.#options = options
  }

  /** Starts one in the background; whatever goes wrong is logged, and tried again by a sweep. */
  startSoon(call: Omit<DueRecording, 'attempts'>): void {
    const starting = this.#start({ ...call, attempts: 1 }).finally(() => this.#starting.delete(starting))
    this.#starting.add(starting)
  }

  /** Starts those that nobody has started in time. */
  async sweep(): Promise<void> {
    const due = await this.#options.store.claimDueRecordings()
    await Promise.all(due.map((call) => this.#start(call)))
  }

  /** Waits for those under way. */
  async close(): Promise<void> {
    await Promise.all(this.#starting)
  }

  async #start(call: DueRecording): Promise<void> {
    const { logger, begin, callbackUrl, store } = this.#options
    const { callSid, attempts } = call
    try {
      const begun = await begin(call, callbackUrl)
      if (begun === undefined) {
        await store.settleDueRecording(callSid, 'over')
        logger.info({ callSid }, `The call was over before it could be recorded: ${callSid}`)
      } else {
        await this.#started(callSid, begun)
      }
    } catch (error) {
      const isFinal = isPermanent(error) || attempts >= MOST_ATTEMPTS
      const { code, remedy } = errorRecord(error)
      const message = `The recording of ${callSid} could not be started: ${thrownMessage(error)}`
      if (!isFinal) logger.warn({ err: error, callSid, attempts }, message)
      else logger.error({ callSid, attempts, code, remedy }, message)
      if (isFinal) await this.#giveUp(callSid)
    }
  }

  /** The answer is news like a callback, and counts as the same: whichever comes first is logged, and no other. */
  async #started(callSid: string, { accountSid, recordingSid, channels, startTime }: BegunRecording): Promise<void> {
    const { store, plan, logger } = this.#options
    const startedMs = Date.parse(startTime ?? '')
    const ingested = await store.ingestRecording(
      {
        accountSid,
        callSid,
        recordingSid,
        status: 'in-progress',
        durationSec: null,
        channels,
        startedAt: Number.isNaN(startedMs) ? null : new Date(startedMs).toISOString(),
        errorCode: null,
        payload: { CallSid: callSid, RecordingSid: recordingSid },
      },
      plan(),
    )
    if (ingested.kind !== 'repeated') logRecordingStarted(logger, callSid, recordingSid)
    await store.settleDueRecording(callSid, 'started')
  }

  async #giveUp(callSid: string): Promise<void> {
    const { store, logger } = this.#options
    try {
      await store.settleDueRecording(callSid, 'refused')
    } catch (error) {
      // The next sweep gives it up.
      logger.warn({ err: error, callSid }, `It could not be noted: ${thrownMessage(error)}`)
    }
  }
}

function isPermanent(error: unknown): boolean {
  return error instanceof PermanentError || error instanceof UnavailableError
}

/** Once per recording, whether the answer to our request or a callback is the first to tell. */
export function logRecordingStarted(logger: Logger, callSid: string, recordingSid: string): void {
  logger.info({ callSid, recordingSid }, `Recording started for ${callSid}: ${recordingSid}`)
}
