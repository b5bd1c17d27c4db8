import { expect } from 'chai'
import { AftercallError } from '../../../core/contracts/index.ts'
import { planOf } from '../../../core/pipeline/plan-of.ts'
import { stagesToRedo } from '../../../core/pipeline/redo.ts'
import type { PipelineSpec } from '../../../core/pipeline/spec.ts'
import { catalogueOf, DRIVERS, load } from './drivers.ts'

const FULL = `
version: 1
stages:
  - { stage: recording-store, use: filesystem }
  - { stage: transcode, use: ffmpeg, fallback: [{ use: passthrough, timeout: 1m }], timeout: 2m, retry: { attempts: 2 } }
  - { stage: stt, use: openai, with: { apiKey: "\${KEY:-none}" } }
  - { stage: summarize, use: openai, optional: true }
  - { stage: extract, use: openai, with: { fields: { city: { description: Where } } } }
  - { stage: feel, use: words }
  - { stage: webhook, use: http }
`

const context = { directory: '/etc/aftercall', environment: {}, catalogue: catalogueOf(DRIVERS) }

async function specOf(text: string): Promise<PipelineSpec> {
  const { spec, faults } = await load(text)
  if (spec === undefined) throw new Error(JSON.stringify(faults))
  return spec
}

async function failure(work: Promise<unknown>): Promise<AftercallError> {
  try {
    await work
  } catch (error) {
    if (error instanceof AftercallError) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('planOf', () => {
  it('makes of a kept spec, gone through JSON, the plan that the file had', async () => {
    const { plan, spec } = await load(FULL)
    const again = await planOf(JSON.parse(JSON.stringify(spec)), context)
    expect(again).to.deep.equal(plan)
  })

  it('expands variables as they are now, and keeps the hash', async () => {
    const spec = await specOf(FULL)
    const [before, after] = [
      await planOf(spec, context),
      await planOf(spec, { ...context, environment: { KEY: 'new' } }),
    ]
    expect(after.stages[2]?.drivers[0].options['apiKey']).to.equal('new')
    expect(after.hash)
      .to.equal(before.hash)
      .and.to.match(/^[0-9a-f]{64}$/)
  })

  it('has one hash for one pipeline, however its keys are ordered', async () => {
    const [one, two, other] = await Promise.all(
      [
        '{ stage: webhook, use: http, with: { url: a, secret: b } }',
        '{ with: { secret: b, url: a }, use: http, stage: webhook }',
        '{ stage: webhook, use: http, with: { url: a, secret: c } }',
      ].map(async (stage) => (await load(`version: 1\nstages:\n  - ${stage}`)).plan?.hash),
    )
    expect(one).to.equal(two).and.not.to.equal(undefined)
    expect(one).not.to.equal(other)
  })

  it('lets fallbacks inherit timeout and retry, unless they have their own', async () => {
    const { stages } = await planOf(await specOf(FULL), context)
    const [first, second] = stages[1]?.drivers ?? []
    expect([first?.timeoutMs, second?.timeoutMs]).to.deep.equal([120_000, 60_000])
    expect([first?.retry.attempts, second?.retry.attempts]).to.deep.equal([2, 2])
    expect(first?.retry.delayMs).to.equal(2_000)
  })

  it('keeps a contract’s own schedule until somebody says how long to wait', async () => {
    const scheduleOf = async (retry: string) =>
      (await planOf(await specOf(`version: 1\nstages:\n  - { stage: webhook, use: http, retry: ${retry} }`), context))
        .stages[0]?.drivers[0].retry
    expect(await scheduleOf('{ attempts: 3 }'))
      .to.include.keys('schedule')
      .and.to.include({ attempts: 3 })
    expect(await scheduleOf('{ delay: 1s }')).not.to.include.keys('schedule')
  })

  it('throws plan-unloadable, naming everything, where drivers or options are gone', async () => {
    const { 'stt/openai': _, ...fewer } = DRIVERS
    const error = await failure(planOf(await specOf(FULL), { ...context, catalogue: catalogueOf(fewer) }))
    expect(error.code).to.equal('plan-unloadable')
    expect(error.message).to.include('stages[2].stage').and.to.include('stt')
  })

  it('throws plan-unloadable where a variable is gone, and shows no value', async () => {
    const text = 'version: 1\nstages:\n  - { stage: webhook, use: http, with: { url: "${HOOK}", secret: "${S}" } }'
    const { spec } = await load(text, { environment: { HOOK: 'https://user:hunter2@x', S: 's3cret' } })
    if (spec === undefined) throw new Error('it has no faults')
    const error = await failure(planOf(spec, { ...context, environment: { S: 's3cret' } }))
    expect(error).to.include({ code: 'plan-unloadable' })
    expect(error.message)
      .to.include('HOOK')
      .and.not.to.match(/hunter2|s3cret/)
  })
})

describe('stagesToRedo', () => {
  it('is a stage, what depends on it through others too, and the final stages', async () => {
    const plan = await planOf(await specOf(FULL), context)
    expect(stagesToRedo(plan, 'stt')).to.deep.equal(['stt', 'summarize', 'extract', 'feel', 'webhook'])
    expect(stagesToRedo(plan, 'summarize')).to.deep.equal(['summarize', 'feel', 'webhook'])
    expect(stagesToRedo(plan, 'extract')).to.deep.equal(['extract', 'webhook'])
    expect(stagesToRedo(plan, 'webhook')).to.deep.equal(['webhook'])
  })

  it('is everything without a stage', async () => {
    const plan = await planOf(await specOf(FULL), context)
    expect(stagesToRedo(plan)).to.have.length(7)
  })

  it('refuses a stage that there is not', async () => {
    const plan = await planOf(await specOf(FULL), context)
    expect(() => stagesToRedo(plan, 'sst'))
      .to.throw(AftercallError, 'there are recording-store, transcode')
      .with.property('code', 'bad-request')
  })
})
