import assert from 'node:assert/strict'
import type { TSchema } from 'typebox'
import type { AnyContract, DriverDefinition } from '../contracts/index.ts'
import { secretsOf } from './log.ts'
import { compileOptions } from './options.ts'
import { isArtifact } from './output.ts'
import { undescribed } from './schema.ts'
import { type Subject, withDriver } from './subject.ts'

/** How long a driver may take to stop once its signal has aborted. Generous: it is a promise, not a benchmark. */
const PROMPTLY_MS = 5_000

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
