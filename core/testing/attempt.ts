import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TSchema } from 'typebox'
import {
  type AnyContract,
  type AttemptContext,
  type DriverDefinition,
  type InputOf,
  type JsonValue,
  type OutputOf,
  type Services,
  type Settle,
  type Skip,
  silentLogger,
} from '../contracts/index.ts'
import { completeOptions, type GivenOptions } from './options.ts'
import { testServices } from './services.ts'

/** What a test may set of an attempt; everything else has a sensible default. */
export interface AttemptOverrides extends Partial<AttemptContext> {
  readonly services?: Partial<Services>
  /** What `once` has kept: pass one map to two attempts, and the second sees what the first has done. */
  readonly kept?: Map<string, JsonValue>
}

/**
 * One attempt of a driver, as the engine makes it: options with their defaults filled in, a working directory of its
 * own, `once` that keeps results. The driver is closed afterwards and the directory removed, unless `workdir` was
 * given. Resolves to what `run` returned and rejects with what it threw.
 */
export async function runAttempt<C extends AnyContract, Options extends TSchema>(
  definition: DriverDefinition<C, Options>,
  options: GivenOptions<Options>,
  input: InputOf<C>,
  overrides: AttemptOverrides = {},
): Promise<OutputOf<C> | Skip | Settle> {
  const driver = definition.create(completeOptions(definition.options, options), testServices(overrides.services))
  try {
    return await withContext(overrides, (context) => driver.run(input, context))
  } finally {
    await driver.close?.()
  }
}

/** Calls `use` with an attempt's context; a working directory that was made for it is removed afterwards. */
export async function withContext<T>(
  overrides: AttemptOverrides,
  use: (context: AttemptContext) => Promise<T>,
): Promise<T> {
  if (overrides.workdir !== undefined) return await use(contextOf(overrides, overrides.workdir))
  const workdir = await mkdtemp(join(tmpdir(), 'aftercall-attempt-'))
  try {
    return await use(contextOf(overrides, workdir))
  } finally {
    await rm(workdir, { recursive: true, force: true })
  }
}

function contextOf(overrides: AttemptOverrides, workdir: string): AttemptContext {
  return {
    signal: overrides.signal ?? new AbortController().signal,
    idempotencyKey: overrides.idempotencyKey ?? 'test-run:test-stage',
    logger: overrides.logger ?? silentLogger,
    workdir,
    attempt: overrides.attempt ?? 1,
    once: overrides.once ?? keepingOnce(overrides.kept ?? new Map()),
    usage: overrides.usage ?? (() => {}),
  }
}

/** Keeps results as JSON, as the engine does, so that a driver sees what a database would give back. */
function keepingOnce(kept: Map<string, JsonValue>): AttemptContext['once'] {
  const underway = new Map<string, Promise<string>>()
  return async <T extends JsonValue>(key: string, work: () => Promise<T>): Promise<T> => {
    const start = async () => {
      if (!kept.has(key)) kept.set(key, await work())
      return JSON.stringify(kept.get(key))
    }
    const result = underway.get(key) ?? start()
    underway.set(key, result)
    try {
      return JSON.parse(await result)
    } finally {
      underway.delete(key)
    }
  }
}
