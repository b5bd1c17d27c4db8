import { systemCode } from './system-code.ts'

/**
 * Every error code that a person can meet on a run, in a log line or from the API, with the remedy that is shown
 * when the thrower knows no better one. `docs/errors.md` lists the same table; a test fails when the two disagree.
 * The rules of `aftercall validate` are another table: `core/pipeline/rules.ts`.
 */
export const ERRORS = {
  // thrown by drivers
  permanent:
    'Read the message: trying again would end the same way. Correct the cause, then `aftercall rerun CALL_SID`.',
  retryable: 'Nothing: the stage is tried again by itself. If it never succeeds, look at the service that it needs.',
  unavailable: 'Install or configure what the driver needs (`aftercall doctor` tells what), or use another driver.',
  'key-missing': 'Put the key into .env or the environment and restart.',
  'recording-not-ready':
    'Nothing: Twilio announces recordings before they can be fetched, and the stage is tried again by itself.',
  'recording-not-found': 'Check at Twilio that the recording still exists; deleted recordings cannot be processed.',
  'recording-not-audio': 'Fetch the recording by hand and look at it: what came is no audio file of a known format.',
  'recording-truncated':
    'Run `aftercall rerun CALL_SID`; if it persists, compare the file with the recording at Twilio.',
  'recording-empty': 'The recording holds no audio. Check that the call was recorded at all.',
  'disk-full': 'Free space below DATA_DIR; the run goes on by itself.',
  'provider-credentials': 'Check the API key of this provider in .env; it was refused.',
  'provider-quota': 'Raise the quota or pay the bill at the provider, then `aftercall rerun --failed --since 24h`.',
  'provider-rejected': 'Read the provider’s answer in the message: it refused this request for good.',
  'provider-unreachable': 'Check the network and the provider’s status page; the stage is tried again by itself.',
  'provider-answer': 'The provider answered something unusable. Try another model, or add a fallback.',
  'webhook-refused': 'Look at the endpoint’s log: it refused the delivery. Then retry the delivery.',
  'outbound-refused': 'If this private address is meant, name it in OUTBOUND_ALLOW.',
  // thrown by the engine
  'contract-broken': 'A fault in the driver: report it to its author.',
  'driver-error': 'The driver threw an unforeseen error; its message and the log tell more.',
  'attempt-timeout': 'Raise `timeout` of this stage, or find out why it takes so long.',
  'driver-ignored-abort': 'A fault in the driver: it must stop when its signal aborts. Report it to its author.',
  'worker-crashed':
    'The run killed its worker five times, or lost it five times, before anything was finished. Look at the worker’s log and at the recording, then `aftercall rerun CALL_SID`.',
  'worker-lost': 'Nothing: the worker that ran this attempt died or stalled, and another took the run over.',
  'input-missing': 'A stage above produced nothing. Rerun from that stage.',
  'plan-unloadable':
    'A driver or a variable of the pipeline that this run began with is gone. Restore it, or `aftercall rerun CALL_SID` with the pipeline of today.',
  cancelled: 'Nothing: somebody cancelled this run. `aftercall rerun CALL_SID` starts it again.',
  // refused at the door, or by a command
  'bad-configuration': 'Correct the named settings and start again.',
  'bad-request': 'Correct the request; the message names the part.',
  unauthorized: 'Send `Authorization: Bearer $ADMIN_TOKEN`.',
  'signature-refused':
    'Compare the URL in the log with the one at Twilio: PUBLIC_URL must be its exact beginning. Check TWILIO_AUTH_TOKEN.',
  'not-found': 'Check the identifier; `aftercall calls` lists what there is.',
  conflict: 'The state has changed meanwhile: look again, then repeat.',
  'method-not-allowed': 'Use a method that the header Allow names.',
  busy: 'Try again in a moment; if it stays so, look at the log for the limit that was reached.',
  'body-too-large': 'Send less: the message names the limit.',
  'unsupported-media-type': 'Send the content type that the message names.',
  'range-not-satisfiable': 'Ask for a range within the length that Content-Range names.',
  internal: 'A fault in Aftercall: report it, with what the log says under the request id.',
  'database-unavailable': 'Start the database, or correct DATABASE_URL.',
  'server-unreachable': 'Start it with `aftercall start`; HOST and PORT say where it listens.',
  'database-not-migrated':
    'The next `aftercall start` brings the database up to date; so does `npx knex migrate:latest`.',
} as const satisfies Readonly<Record<string, string>>

/** A code of the table above. Plugins may use codes of their own beside these. */
export type ErrorCode = keyof typeof ERRORS

/** What is kept of an error: on attempts, runs and calls, in answers of the API. */
export interface ErrorRecord {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

export interface ErrorOptions {
  /** Stable, for machines; by default the code of the class. */
  readonly code?: ErrorCode | (string & {})
  /** What the reader can do about it; by default the remedy of the code. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** The root of all errors that Aftercall throws on purpose. */
export class AftercallError extends Error {
  readonly code: string
  readonly remedy: string

  constructor(message: string, options: ErrorOptions & { readonly code: ErrorCode | (string & {}) }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = options.code
    this.remedy = options.remedy ?? remedyOf(options.code)
  }
}

/** Trying again cannot help (a refused key, a file that is no audio): no retry, the next fallback starts. */
export class PermanentError extends AftercallError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: options.code ?? 'permanent' })
  }
}

/** Worth another try, not sooner than `retryAfterMs` (milliseconds; from a Retry-After header, say). */
export class RetryableError extends AftercallError {
  readonly retryAfterMs: number | undefined

  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {}) {
    super(message, { ...options, code: options.code ?? 'retryable' })
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The driver cannot work on this machine or in this setup (no ffmpeg, no key): the next fallback starts at once. */
export class UnavailableError extends AftercallError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: options.code ?? 'unavailable' })
  }
}

/** The remedy that the table gives for a code; general advice for codes of plugins. */
export function remedyOf(code: string): string {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : 'Read the message; the code is the driver’s own.'
}

/** Whatever was thrown, as a record: never throws itself, and copes with strings, nulls and foreign errors. */
export function errorRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof AftercallError) return { code: thrown.code, message: thrown.message, remedy: thrown.remedy }
  const code = isDiskFull(thrown) ? 'disk-full' : 'driver-error'
  return { code, message: thrownMessage(thrown), remedy: remedyOf(code) }
}

/** No space, no quota, or a disk that became read-only: none of them the fault of whoever wrote. */
export function isDiskFull(thrown: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS'].includes(systemCode(thrown) ?? '')
}

/** The message of whatever was thrown. */
export function thrownMessage(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message
  if (typeof thrown === 'string') return thrown
  try {
    return `threw ${JSON.stringify(thrown) ?? String(thrown)}`
  } catch {
    return 'threw a value that cannot be shown'
  }
}
