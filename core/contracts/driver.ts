import type { Static, TSchema } from 'typebox'
import type { AnyContract, InputOf, MethodsOf, OutputOf } from './contract.ts'
import type { Logger } from './logger.ts'
import type { Settle, Skip } from './result.ts'
import type { Services } from './services.ts'
import type { Usage } from './usage.ts'

/** What an attempt gets beside its input. */
export interface AttemptContext {
  /**
   * Aborts on timeout, cancellation, shutdown, or when another stage settled the run. Stop as soon as you can and
   * let the abort reason out; what you return afterwards is thrown away.
   */
  readonly signal: AbortSignal
  /** The same for every attempt of this stage of this run, also after a crash. Give it to providers that take one. */
  readonly idempotencyKey: string
  /** Carries callSid, runId and stage. Never log a secret, and a transcript at debug level at most. */
  readonly logger: Logger
  /** An empty directory of this attempt. Removed when the attempt ends; files of a file artifact are moved out first. */
  readonly workdir: string
  /** From 1, counted over all drivers of the stage. */
  readonly attempt: number
  /**
   * Does `work` once per run and stage: its JSON result is committed before `once` returns it, and a later attempt
   * gets it without doing the work again. Two calls with one key at the same time share the work.
   */
  once<T extends JsonValue>(key: string, work: () => Promise<T>): Promise<T>
  /** Says what the attempt used, as often as there is news; the parts are added up and kept with the attempt. */
  usage(used: Usage): void
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/** A driver at work, made by `create` once per worker and configured stage; used by many attempts at once. */
export type Driver<C extends AnyContract> = {
  /** One attempt. Throw PermanentError, RetryableError, UnavailableError, or anything else, which is retried. */
  run(input: InputOf<C>, context: AttemptContext): Promise<OutputOf<C> | Skip | Settle>
  /** Can it work here? Throw an UnavailableError that says what is missing. Asked by `doctor` and `start`. */
  check?(): Promise<void>
  /** Frees what `create` opened. Called once, after the last attempt; must not fail when there is nothing to free. */
  close?(): Promise<void>
} & (unknown extends MethodsOf<C> ? unknown : MethodsOf<C>)

/** What `defineDriver` takes. */
export interface DriverDeclaration<C extends AnyContract, Options extends TSchema> {
  /** One line for people. */
  readonly description?: string
  /** An object schema with `additionalProperties: false`; a description for each option, defaults where sane. */
  readonly options: Options
  /** Makes the driver. Must be cheap and must not fail for want of a service: that is `check`’s and `run`’s business. */
  create(options: Static<Options>, services: Services): Driver<C>
}

/** One implementation of a contract, not yet configured: the default export of `plugins/<stage>/<driver>.ts`. */
export interface DriverDefinition<C extends AnyContract = AnyContract, Options extends TSchema = TSchema> {
  readonly kind: 'driver'
  readonly contract: C
  readonly description: string
  readonly options: Options
  create(options: Static<Options>, services: Services): Driver<C>
}

/** Declares a driver. Inputs, options and outputs are inferred from the contract and the options schema. */
export function defineDriver<C extends AnyContract, Options extends TSchema>(
  contract: C,
  declaration: DriverDeclaration<C, Options>,
): DriverDefinition<C, Options> {
  return {
    kind: 'driver',
    contract,
    description: declaration.description ?? '',
    options: declaration.options,
    create: (options, services) => declaration.create(options, services),
  }
}
