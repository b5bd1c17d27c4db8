import type { AnyArtifact, FirstOf, ValueOf } from './artifact.ts'
import type { Call } from './artifacts/call.ts'
import type { Outcome } from './outcome.ts'
import type { StageUsage } from './usage.ts'

/** What a contract may name as an input. */
export type Input = AnyArtifact | FirstOf

/**
 * What a kind of stage consumes and produces. The rules that types cannot say stand in prose above each contract.
 * A custom stage declares one in `plugins/<stage>/contract.ts`; nothing in the core changes for it.
 */
export interface Contract<
  Stage extends string = string,
  Consumes extends readonly Input[] = readonly Input[],
  Optional extends readonly AnyArtifact[] = readonly AnyArtifact[],
  Produces extends AnyArtifact = AnyArtifact,
  Methods = unknown,
  Final extends boolean = boolean,
> {
  readonly kind: 'contract'
  /** The word after `stage:` in pipeline.yaml. */
  readonly stage: Stage
  /** One line for people: `aftercall plugins` and the editor show it. */
  readonly description: string
  /** Without all of these the stage does not run. */
  readonly consumes: Consumes
  /** Given when they are there; a stage above that was skipped or failed (`optional: true`) does not hold it up. */
  readonly optional: Optional
  readonly produces: Produces
  /** A final stage starts once the outcome is decided, whatever it is, and cannot change it. */
  readonly final: Final
  /** How many attempts of this stage one worker runs at a time, unless pipeline.yaml says `concurrency`. */
  readonly concurrency: 'cores' | number
  /** Retries of a stage of this kind, unless pipeline.yaml says `retry`. */
  readonly retry: RetryDefaults
  /** Milliseconds that one attempt may take, unless pipeline.yaml says `timeout`. */
  readonly timeoutMs: number
  /** Names of the methods that a driver has beside `run`. */
  readonly methods: readonly string[]
  /** Under which name other drivers reach those methods (`services.media`). */
  readonly service: 'media' | undefined
  /** A log line when an attempt has produced its artifact (of the contract, so that drivers need not know it). */
  readonly produced: ((artifact: ValueOf<Produces>) => string | undefined) | undefined
  /** A log line when the stage's first attempt has been committed as due (final stages only). */
  readonly queued: string | undefined
  /** Only for the compiler. Never set. */
  readonly _methods?: Methods
}

/** A contract of whatever types, for code that handles all of them alike. */
export type AnyContract = Omit<Contract, 'produced' | '_methods'> & {
  readonly produced: ((artifact: never) => string | undefined) | undefined
  readonly _methods?: unknown
}

export interface RetryDefaults {
  /** Tries in all, the first included. */
  readonly attempts: number
  /** Milliseconds before the second try; doubles, with jitter, up to `maxDelayMs`. */
  readonly delayMs: number
  readonly maxDelayMs: number
  /** Milliseconds before each further try, instead of doubling (with jitter; the last one repeats). */
  readonly schedule?: readonly number[]
}

export interface ContractDeclaration<
  Stage extends string,
  Consumes extends readonly Input[],
  Optional extends readonly AnyArtifact[],
  Produces extends AnyArtifact,
  Final extends boolean,
> {
  readonly stage: Stage
  readonly description?: string
  readonly consumes: Consumes
  readonly optional?: Optional
  readonly produces: Produces
  readonly final?: Final
  readonly concurrency?: 'cores' | number
  readonly retry?: RetryDefaults
  readonly timeoutMs?: number
  readonly service?: 'media'
  readonly produced?: (artifact: ValueOf<Produces>) => string | undefined
  readonly queued?: string
}

const DEFAULT_RETRY: RetryDefaults = { attempts: 8, delayMs: 2_000, maxDelayMs: 600_000 }
const DEFAULT_TIMEOUT_MS = 15 * 60_000
/** Waiting on a provider costs next to nothing, so a worker waits on many at once. */
const DEFAULT_CONCURRENCY = 200

/** Declares what a kind of stage consumes and produces. */
export function defineContract<
  const Stage extends string,
  const Consumes extends readonly Input[],
  Produces extends AnyArtifact,
  const Optional extends readonly AnyArtifact[] = readonly [],
  const Final extends boolean = false,
>(
  declaration: ContractDeclaration<Stage, Consumes, Optional, Produces, Final>,
): Contract<Stage, Consumes, Optional, Produces, unknown, Final> {
  return build<Stage, Consumes, Optional, Produces, unknown, Final>(declaration, [])
}

/**
 * Declares a contract whose drivers have more methods than `run`; other drivers reach them as a service. Called
 * twice, because TypeScript infers either all type parameters of a call or none:
 * `defineContractWith<Methods>()(['open', 'delete'], { … })`.
 */
export function defineContractWith<Methods>() {
  return <
    const Stage extends string,
    const Consumes extends readonly Input[],
    Produces extends AnyArtifact,
    const Optional extends readonly AnyArtifact[] = readonly [],
    const Final extends boolean = false,
  >(
    methods: readonly (keyof Methods & string)[],
    declaration: ContractDeclaration<Stage, Consumes, Optional, Produces, Final>,
  ): Contract<Stage, Consumes, Optional, Produces, Methods, Final> =>
    build<Stage, Consumes, Optional, Produces, Methods, Final>(declaration, methods)
}

function build<
  Stage extends string,
  Consumes extends readonly Input[],
  Optional extends readonly AnyArtifact[],
  Produces extends AnyArtifact,
  Methods,
  Final extends boolean,
>(
  declaration: ContractDeclaration<Stage, Consumes, Optional, Produces, Final>,
  methods: readonly string[],
): Contract<Stage, Consumes, Optional, Produces, Methods, Final> {
  const none: readonly AnyArtifact[] = []
  return {
    kind: 'contract',
    stage: declaration.stage,
    description: declaration.description ?? '',
    consumes: declaration.consumes,
    // An absent list is inferred as `readonly []`, which TypeScript cannot see from the value.
    optional: declaration.optional ?? (none as Optional),
    produces: declaration.produces,
    // As above: absent is inferred as `false`.
    final: declaration.final ?? (false as Final),
    concurrency: declaration.concurrency ?? DEFAULT_CONCURRENCY,
    retry: declaration.retry ?? DEFAULT_RETRY,
    timeoutMs: declaration.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    methods,
    service: declaration.service,
    produced: declaration.produced,
    queued: declaration.queued,
  }
}

/** Artifacts by token: what a final stage gets of everything that the run has made. */
export interface ArtifactReader {
  /** The artifact as the last stage that produced it left it. */
  get<A extends AnyArtifact>(artifact: A): ValueOf<A> | undefined
  /** All of them by name. */
  all(): Readonly<Record<string, unknown>>
}

/** What a final stage gets beside its declared inputs. */
export interface FinalInput {
  readonly outcome: Outcome
  readonly artifacts: ArtifactReader
  readonly usage: Readonly<Record<string, StageUsage>>
  /** `decidedAt`: when the outcome was committed, ISO-8601 UTC; the same for every attempt. */
  readonly run: { readonly id: string; readonly stage: string; readonly decidedAt: string }
}

type Required<I extends readonly Input[]> = I extends readonly [
  infer Head extends Input,
  ...infer Tail extends readonly Input[],
]
  ? RequiredOne<Head> & Required<Tail>
  : unknown

type RequiredOne<I extends Input> = I extends FirstOf<infer M> ? OneOf<M> : I extends AnyArtifact ? Named<I> : never

type Named<A extends AnyArtifact> = { readonly [K in A['name']]: ValueOf<A> }

/** Exactly one of the members: the others are absent. */
type OneOf<M extends readonly AnyArtifact[]> = {
  [K in keyof M]: Named<M[K]> & { readonly [Other in Exclude<M[number]['name'], M[K]['name']>]?: undefined }
}[number]

type Given<O extends readonly AnyArtifact[]> = {
  readonly [A in O[number] as A['name']]?: ValueOf<A> | undefined
}

/** What `run` of a driver of this contract gets as its first argument. */
export type InputOf<C extends AnyContract> = { readonly call: Call } & (C extends Contract<
  string,
  infer Consumes,
  infer Optional,
  infer _Produces,
  infer _Methods,
  infer _Final
>
  ? Required<Consumes> & Given<Optional>
  : unknown) &
  (C extends { readonly final: true } ? FinalInput : unknown)

export type OutputOf<C extends AnyContract> = ValueOf<C['produces']>
export type MethodsOf<C extends AnyContract> = C extends { readonly _methods?: infer M }
  ? Exclude<M, undefined>
  : unknown
