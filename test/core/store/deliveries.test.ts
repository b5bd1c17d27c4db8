import { expect } from 'chai'
import type { StageState } from '../../../core/store/state.ts'
import type { Store } from '../../../core/store/store.ts'
import { checkpoint, claimOne, settleRun, sidOf, stageState, startRun } from '../../support/calls.ts'
import { rejection } from '../../support/rejection.ts'
import { onEachStore } from '../../support/stores.ts'

const REFUSED = { code: 'webhook-refused', message: '500', remedy: 'look' }

describe('Deliveries', () => {
  onEachStore((store) => {
    /** A settled run whose delivery stands as given; its id. */
    const delivered = async (changes: Partial<StageState>, words = 'call') => {
      const runId = await startRun(store(), words)
      await settleRun(store(), await claimOne(store()), changes)
      return `${runId}.webhook`
    }

    it('are the final stages of runs, and no others', async () => {
      const id = await delivered({ status: 'failed', attempts: 10, error: REFUSED })
      const deliveries = await store().listDeliveries({ limit: 10 })
      expect(deliveries).to.have.length(1)
      expect(deliveries[0]).to.deep.include({
        id,
        call_sid: sidOf('CA', 'call'),
        stage: 'webhook',
        outcome: 'completed',
        status: 'failed',
        attempts: 10,
        error: REFUSED,
        receipt: null,
      })
    })

    it('have the receipt of the endpoint', async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      const value = { status: 200, url: 'https://example.com' }
      await store().commit(
        checkpoint(hold, {
          stages: [stageState('webhook', { phase: 'final' })],
          artifacts: [{ stage: 'webhook', name: 'receipt', value }],
        }),
      )
      expect((await store().listDeliveries({ limit: 1 }))[0]?.receipt).to.deep.equal(value)
    })

    it('are paged and filtered', async () => {
      const ids: string[] = []
      for (const words of ['a', 'b', 'c'])
        ids.unshift(await delivered(words === 'b' ? { status: 'failed' } : {}, words))
      const first = await store().listDeliveries({ limit: 2 })
      expect(first.map(({ id }) => id)).to.deep.equal(ids.slice(0, 2))
      const second = await store().listDeliveries({ limit: 2, before: first[1]?.id ?? '' })
      expect(second.map(({ id }) => id)).to.deep.equal(ids.slice(2))
      const failed = await store().listDeliveries({ limit: 9, status: 'failed' })
      expect(failed.map(({ id }) => id)).to.deep.equal([ids[1]])
    })

    it('that failed begin anew, with the first driver, at once', async () => {
      const id = await delivered({ status: 'failed', driver: 1, driverAttempts: 9, attempts: 19, error: REFUSED })
      await store().retryDelivery(id)
      const run = await claimOne(store())
      expect(run.outcome?.status).to.equal('completed')
      const webhook = run.stages.find(({ phase }) => phase === 'final')
      expect(webhook).to.deep.include({ status: 'waiting', driver: 0, driverAttempts: 0, attempts: 19, error: null })
      expect(webhook?.dueInMs).to.be.at.most(0)
    })

    it('that wait are due at once, with the attempts that they have spent', async () => {
      const runId = await startRun(store())
      const { hold } = await claimOne(store())
      await store().commit(
        checkpoint(hold, {
          status: 'waiting',
          dueInMs: 3_600_000,
          keeps: 'release',
          decides: { status: 'completed', reason: null, error: null },
          stages: [stageState('webhook', { phase: 'final', status: 'waiting', driverAttempts: 3, dueInMs: 3_600_000 })],
        }),
      )
      await store().retryDelivery(`${runId}.webhook`)
      const [webhook] = (await claimOne(store())).stages
      expect(webhook).to.include({ status: 'waiting', driverAttempts: 3 })
      expect(webhook?.dueInMs).to.be.at.most(0)
    })

    for (const status of ['done', 'skipped', 'running', 'pending'] as const) {
      it(`that are ${status} stay as they are`, async () => {
        const id = await delivered({ status })
        const before = await snapshot(store())
        expect(await rejection(store().retryDelivery(id))).to.include({ code: 'conflict' })
        expect(await snapshot(store())).to.deep.equal(before)
      })
    }

    it('that a worker holds stay as they are', async () => {
      const runId = await startRun(store())
      const { hold } = await claimOne(store())
      await store().commit(
        checkpoint(hold, {
          decides: { status: 'completed', reason: null, error: null },
          stages: [stageState('webhook', { phase: 'final', status: 'waiting', dueInMs: 1_000 })],
        }),
      )
      const before = await snapshot(store())
      expect(await rejection(store().retryDelivery(`${runId}.webhook`))).to.include({ code: 'conflict' })
      expect(await snapshot(store())).to.deep.equal(before)
    })

    for (const [id, code] of [
      ['00000000-0000-4000-8000-000000000000.webhook', 'not-found'],
      ['webhook', 'bad-request'],
      [`${'-'.repeat(36)}.webhook`, 'bad-request'],
      ["'; DROP TABLE run; --", 'bad-request'],
    ] as const) {
      it(`are not found under "${id}"`, async () => {
        expect(await rejection(store().retryDelivery(id))).to.include({ code })
      })
    }

    it('are not a stage that is none', async () => {
      const [runId] = (await delivered({ status: 'failed' })).split('.')
      expect(await rejection(store().retryDelivery(`${runId}.stt`))).to.include({ code: 'not-found' })
    })
  })
})

async function snapshot(store: Store) {
  return await store.findCall(sidOf('CA', 'call'))
}
