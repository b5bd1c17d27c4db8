import assert from 'node:assert/strict'
import { lstat } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import type { Static, TSchema } from 'typebox'
import { mapFiles } from '../contracts/erased.ts'
import {
  type AnyContract,
  type AttemptContext,
  type Driver,
  type DriverDefinition,
  type InputOf,
  type OutputOf,
  type Services,
  Settle,
  Skip,
} from '../contracts/index.ts'
import { withContext } from './attempt.ts'
import { type LogLine, recordingLogger, secretsOf } from './log.ts'
import { compileArtifact, compileOptions, completeOptions, faults, type GivenOptions } from './options.ts'
import { undescribed } from './schema.ts'
import { testServices } from './services.ts'

/** How long a driver may take to stop once its signal has aborted. Generous: it is a promise, not a benchmark. */
const PROMPTLY_MS = 5_000

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

/** What every driver of every contract promises. The suites of the single contracts include it. */
export function driverConformance<C extends AnyContract, Options extends TSchema>(
  subject: Subject<C, Options>,
  contract: AnyContract,
): void {
  describeDefinition(subject.definition, contract)
  describeRuns(subject)
  describeAbort(subject)
}

function describeDefinition(definition: DriverDefinition, contract: AnyContract): void {
  it('declares the contract that its folder names', () => {
    assert.equal(definition.contract.stage, contract.stage)
    assert.equal(definition.contract, contract, 'the contract must be the one that `aftercall` exports')
  })

  it('describes itself and every option', () => {
    assert.match(definition.description, /^\S[^\n]*$/, 'a description of one line')
    assert.deepEqual(undescribed(definition.options), [], 'options without a description')
  })

  it('refuses options that it does not know', () => {
    const check = compileOptions(definition.options)
    assert.equal(check({ noSuchOption: 1 }), false)
    const refused = check.errors?.some((error) => error.keyword === 'additionalProperties')
    assert.equal(refused, true, 'the schema needs additionalProperties: false')
  })
}

function describeRuns<C extends AnyContract, Options extends TSchema>(subject: Subject<C, Options>): void {
  const { contract } = subject.definition

  it('is made and closed without doing anything, twice even', async () => {
    await withDriver(subject, async ({ driver }) => {
      for (const method of contract.methods) assert.equal(typeof Reflect.get(driver, method), 'function', method)
      await driver.close?.()
    })
  })

  it('finds that it can work here', async () => {
    await withDriver(subject, async ({ driver }) => await driver.check?.())
  })

  it(`produces ${contract.produces.name} that passes its schema, and leaves its input as it was`, async () => {
    await withDriver(subject, async ({ attempt }) => {
      assert.equal(isArtifact(await attempt()), true, 'the input was meant to succeed')
    })
  })

  it('may be run twice for one call, and twice at once', async () => {
    await withDriver(subject, async ({ attempt }) => {
      await attempt()
      await Promise.all([attempt({ attempt: 2 }), attempt({ attempt: 3 })])
    })
  })

  it('logs no secret', async () => {
    await withDriver(subject, async ({ attempt, lines, options }) => {
      await attempt()
      const text = JSON.stringify(lines)
      for (const secret of secretsOf(options)) assert.equal(text.includes(secret), false, 'a secret stands in the log')
    })
  })
}

function describeAbort<C extends AnyContract, Options extends TSchema>(subject: Subject<C, Options>): void {
  it('does not start when its signal has aborted already', async () => {
    await withDriver(subject, async ({ attempt }) => {
      await assert.rejects(promptly(attempt({ signal: AbortSignal.abort(new Error('cancelled by the test')) })))
    })
  })

  it('stops when its signal aborts, whatever it is at', async () => {
    await withDriver(subject, async ({ attempt }) => {
      for (const turns of [0, 1, 3, 10]) {
        const controller = new AbortController()
        const running = Promise.allSettled([attempt({ signal: controller.signal })])
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
        controller.abort(new Error('cancelled by the test'))
        await promptly(running)
      }
      await attempt()
    })
  })

  const { stalled } = subject
  if (stalled === undefined) return
  it('gives up waiting when its signal aborts', async () => {
    const surroundings = await stalled()
    await withDriver(
      subject,
      async ({ attempt }) => {
        const controller = new AbortController()
        const running = assert.rejects(attempt({ signal: controller.signal }))
        await Promise.race([surroundings.reached, running])
        controller.abort(new Error('cancelled by the test'))
        await promptly(running)
      },
      surroundings,
    )
  })
}

/** Fails when the work does not end soon after now. */
export async function promptly<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not stop within ${PROMPTLY_MS} ms of its signal`)), PROMPTLY_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Whether a driver returned its artifact, and not `skip(…)` or `settle(…)`. */
export function isArtifact<T>(output: T | Skip | Settle): output is T {
  return !(output instanceof Skip || output instanceof Settle)
}

/** The artifact, or a failed test that says what came instead. */
export function artifactOf<T>(output: T | Skip | Settle): T {
  if (isArtifact(output)) return output
  const instead = output instanceof Skip ? 'skip' : 'settle'
  throw new assert.AssertionError({ message: `expected an artifact, got ${instead}: ${output.reason}` })
}

async function checkOutput(contract: AnyContract, output: unknown, workdir: string): Promise<void> {
  if (output instanceof Skip || output instanceof Settle) {
    assert.notEqual(output.reason.trim(), '', 'skip and settle need a reason')
    return
  }
  const check = compileArtifact(contract.produces.schema)
  assert.equal(check(output), true, `the output breaks the schema of ${contract.produces.name}: ${faults(check)}`)
  const files: string[] = []
  mapFiles(contract.produces, output, (file) => {
    files.push(file)
    return file
  })
  for (const file of files) await checkFile(workdir, file)
}

async function checkFile(workdir: string, file: string): Promise<void> {
  assert.equal(isAbsolute(file), false, `${file} must be named relatively to workdir`)
  const path = join(workdir, file)
  assert.equal(relative(workdir, path).startsWith('..'), false, `${file} lies outside workdir`)
  assert.equal((await lstat(path)).isFile(), true, `${file} is no regular file`)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
