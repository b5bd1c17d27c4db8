import assert from 'node:assert/strict'
import type { TSchema } from 'typebox'
import { Skip, webhook } from '../contracts/index.ts'
import { driverConformance } from './driver.ts'
import type { GivenOptions } from './options.ts'
import { artifactOf } from './output.ts'
import { sampleOutcome } from './samples.ts'
import { type Subject, withDriver } from './subject.ts'

export interface WebhookSubject<Options extends TSchema> extends Subject<typeof webhook, Options> {
  /** Options that name no endpoint. */
  readonly optionsWithoutEndpoint?: () => GivenOptions<Options>
}

/** What `webhook` promises: see the prose of the contract. The input must be of a call that completed. */
export function webhookConformance<Options extends TSchema>(subject: WebhookSubject<Options>): void {
  describe(`${subject.name} keeps the contract of webhook`, () => {
    driverConformance(subject, webhook)

    it('keeps its webhook-id over attempts, and changes it for another run', () =>
      withDriver(subject, async ({ attempt, input }) => {
        const first = artifactOf(await attempt())
        const second = artifactOf(await attempt({ attempt: 2 }))
        const other = artifactOf(await attempt({}, { ...input, run: { ...input.run, id: 'another-run' } }))
        assert.equal(second.webhookId, first.webhookId)
        assert.notEqual(other.webhookId, first.webhookId)
      }))

    it('names the event after the outcome', () =>
      withDriver(subject, async ({ attempt, input }) => {
        const error = { code: 'driver-error', message: 'it broke', remedy: 'mend it', stage: 'stt' }
        const events = [
          ['call.completed', sampleOutcome()],
          ['call.no_speech', sampleOutcome({ status: 'no_speech', reason: 'nobody spoke' })],
          ['call.failed', sampleOutcome({ status: 'failed', error })],
        ] as const
        for (const [event, outcome] of events) {
          assert.equal(artifactOf(await attempt({}, { ...input, outcome })).event, event)
        }
      }))

    it('names the endpoint without its credentials and query', () =>
      withDriver(subject, async ({ attempt }) => {
        assert.doesNotMatch(artifactOf(await attempt()).endpoint, /[?#@]/)
      }))

    it('skips a cancelled call', () =>
      withDriver(subject, async ({ attempt, input }) => {
        const outcome = sampleOutcome({ status: 'cancelled', reason: 'somebody cancelled it' })
        assert.equal((await attempt({}, { ...input, outcome })) instanceof Skip, true)
      }))

    const { optionsWithoutEndpoint } = subject
    if (optionsWithoutEndpoint === undefined) return
    it('skips where there is no endpoint', () =>
      withDriver({ ...subject, options: optionsWithoutEndpoint }, async ({ attempt, input }) => {
        const { business } = input.call
        const call = { ...input.call, business: business && { ...business, webhookUrl: null } }
        assert.equal((await attempt({}, { ...input, call })) instanceof Skip, true)
      }))
  })
}
