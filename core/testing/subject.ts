import type { Static, TSchema } from 'typebox'
import type {
  AnyContract,
  AttemptContext,
  Driver,
  DriverDefinition,
  InputOf,
  OutputOf,
  Services,
  Settle,
  Skip,
} from '../contracts/index.ts'
import { withContext } from './attempt.ts'
import { type LogLine, recordingLogger } from './log.ts'
import { completeOptions, type GivenOptions } from './options.ts'
import { checkOutput } from './output.ts'
import { testServices } from './services.ts'

/** A driver and its surroundings. Every function is asked anew by each test, after the `before` hooks. */
export interface Subject<C extends AnyContract, Options extends TSchema> {
  /** `<stage>/<driver>`, for the title. */
  readonly name: string
  readonly definition: DriverDefinition<C, Options>
  /** Options with which the driver works here; those with a default may be left out. */
  readonly options?: () => GivenOptions<Options> | Promise<GivenOptions<Options>>
  readonly services?: () => Partial<Services> | Promise<Partial<Services>>
  /** An input that succeeds. */
  readonly input: () => InputOf<C> | Promise<InputOf<C>>
  /** Surroundings in which the work never ends, such as a provider that does not answer. */
  readonly stalled?: () => Stalled<C, Options> | Promise<Stalled<C, Options>>
}

export interface Stalled<C extends AnyContract, Options extends TSchema> {
  readonly options?: GivenOptions<Options>
  readonly services?: Partial<Services>
  readonly input?: InputOf<C>
  /** Resolves when the driver has begun to wait. */
  readonly reached: Promise<unknown>
}

/** A subject, set up: what the tests of one contract work with. */
export interface Bench<C extends AnyContract> {
  readonly driver: Driver<C>
  readonly input: InputOf<C>
  readonly lines: readonly LogLine[]
  readonly options: Readonly<Record<string, unknown>>
  /** One attempt in a working directory of its own; the output has passed its schema and its files are there. */
  attempt(overrides?: Partial<AttemptContext>, input?: InputOf<C>): Promise<OutputOf<C> | Skip | Settle>
}

/** Sets the subject up, hands it to `use` and closes it. */
export async function withDriver<C extends AnyContract, Options extends TSchema>(
  subject: Subject<C, Options>,
  use: (bench: Bench<C>) => Promise<void>,
  stalled?: Stalled<C, Options>,
): Promise<void> {
  const { definition } = subject
  const given: GivenOptions<Options> = stalled?.options ?? (await subject.options?.()) ?? {}
  const options: Static<Options> = completeOptions(definition.options, given)
  const { logger, lines } = recordingLogger()
  const services = testServices({ logger, ...(stalled?.services ?? (await subject.services?.())) })
  const driver = definition.create(options, services)
  const input = deepFreeze(stalled?.input ?? (await subject.input()))
  try {
    await use({
      driver,
      input,
      lines,
      options: { ...Object(options) },
      attempt: (overrides = {}, other = input) =>
        withContext({ logger, ...overrides }, async (context) => {
          const output = await driver.run(other, context)
          await checkOutput(definition.contract, output, context.workdir)
          return output
        }),
    })
  } finally {
    await driver.close?.()
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
