import { expect } from 'chai'
import { rowsOf } from '../../../core/store/database.ts'
import { claimOne, startRun, startWorker } from '../../support/calls.ts'
import { onEachStore } from '../../support/stores.ts'

describe('a worker that has stalled for longer than its lease', () => {
  onEachStore((store) => {
    const stalled = async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      await rowsOf(store().database, `UPDATE worker SET heartbeat_at = ? WHERE id = ?`, [
        new Date(Date.now() - 60_000).toISOString(),
        hold.owner,
      ])
      return hold
    }

    it('does not take its own runs away from itself', async () => {
      const hold = await stalled()
      expect(await store().freeRuns(15_000, hold.owner)).to.equal(0)
    })

    it('loses them to whoever else looks', async () => {
      await stalled()
      expect(await store().freeRuns(15_000, await startWorker(store()))).to.equal(1)
    })
  })
})
