import { runDriver } from '../contracts/erased.ts'
import {
  AftercallError,
  type ErrorRecord,
  errorRecord,
  type JsonValue,
  type Logger,
  type OpenDriver,
  PermanentError,
  RetryableError,
  remedyOf,
  Settle,
  type SettleOutcome,
  Skip,
  UnavailableError,
  type Usage,
} from '../contracts/index.ts'

/** How an attempt ended. `retry` of a failure: whether this driver may try again, or is done with. */
export type AttemptResult =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'settled'; readonly outcome: SettleOutcome; readonly reason: string }
  | {
      readonly kind: 'failed'
      readonly error: ErrorRecord
      readonly retry: 'later' | 'never'
      readonly retryAfterMs?: number
    }
  | { readonly kind: 'aborted' }

export interface Attempt {
  /** `stt/openai`, for messages. */
  readonly name: string
  readonly open: () => OpenDriver
  readonly input: unknown
  readonly timeoutMs: number
  /** How long a driver may take to stop after an abort, milliseconds. */
  readonly abortGraceMs: number
  /** Aborts on shutdown, on cancellation, and when the run is lost to another worker. */
  readonly signal: AbortSignal
  readonly context: {
    readonly idempotencyKey: string
    readonly logger: Logger
    readonly workdir: string
    readonly attempt: number
    readonly usage: (used: Usage) => void
    readonly once: (signal: AbortSignal) => <T extends JsonValue>(key: string, work: () => Promise<T>) => Promise<T>
  }
  /** Checks the output and keeps its files; returns what is to be stored. */
  readonly accept: (output: unknown) => Promise<unknown>
}

/** One try of one driver. Never throws: every end is a value. */
export async function runAttempt(attempt: Attempt): Promise<AttemptResult> {
  const timeout = AbortSignal.timeout(attempt.timeoutMs)
  const signal = AbortSignal.any([attempt.signal, timeout])
  const { once, ...context } = attempt.context
  try {
    signal.throwIfAborted()
    const running = Promise.resolve().then(() =>
      runDriver(attempt.open(), attempt.input, { ...context, signal, once: once(signal) }),
    )
    const output = await untilAborted(running, signal, attempt.abortGraceMs)
    // Checked again: a driver that finishes just as it is aborted has still finished.
    if (output === ABORTED) return abortedResult(attempt, timeout, 'ignored')
    if (output instanceof Skip) return { kind: 'skipped', reason: output.reason }
    if (output instanceof Settle) return { kind: 'settled', outcome: output.outcome, reason: output.reason }
    return { kind: 'done', value: await attempt.accept(output) }
  } catch (thrown) {
    return signal.aborted ? abortedResult(attempt, timeout, 'obeyed') : failure(attempt, thrown)
  }
}

const ABORTED = Symbol('aborted')

/** The promise, or ABORTED when it is still pending `graceMs` after the signal. */
function untilAborted<T>(running: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T | typeof ABORTED> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const onAbort = () => {
      timer = setTimeout(() => resolve(ABORTED), graceMs)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    running.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    })
  })
}

function abortedResult(attempt: Attempt, timeout: AbortSignal, driver: 'obeyed' | 'ignored'): AttemptResult {
  if (driver === 'ignored') {
    attempt.context.logger.error({ code: 'driver-ignored-abort' }, `${attempt.name} did not stop when it was aborted`)
  }
  if (attempt.signal.aborted || !timeout.aborted) return { kind: 'aborted' }
  const code = driver === 'ignored' ? 'driver-ignored-abort' : 'attempt-timeout'
  const message = `${attempt.name} took longer than ${attempt.timeoutMs / 1000} s${driver === 'ignored' ? ', and did not stop when it was aborted' : ''}`
  return { kind: 'failed', error: { code, message, remedy: remedyOf(code) }, retry: 'later' }
}

function failure(attempt: Attempt, thrown: unknown): AttemptResult {
  const record = errorRecord(thrown)
  const error = {
    ...record,
    message: record.message.startsWith(attempt.name) ? record.message : `${attempt.name}: ${record.message}`,
  }
  if (!(thrown instanceof AftercallError)) {
    attempt.context.logger.warn({ err: thrown }, `${attempt.name} threw an unforeseen error`)
  }
  if (thrown instanceof PermanentError || thrown instanceof UnavailableError)
    return { kind: 'failed', error, retry: 'never' }
  if (thrown instanceof RetryableError && thrown.retryAfterMs !== undefined) {
    return { kind: 'failed', error, retry: 'later', retryAfterMs: thrown.retryAfterMs }
  }
  return { kind: 'failed', error, retry: 'later' }
}
