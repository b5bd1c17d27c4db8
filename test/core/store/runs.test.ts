import { expect } from 'chai'
import { claimOne, PLAN, settleRun, sidOf, startRun } from '../../support/calls.ts'
import { rejection } from '../../support/rejection.ts'
import { onEachStore } from '../../support/stores.ts'

const CALL_SID = sidOf('CA', 'call')
const OTHER_PLAN = { hash: 'plan-two', spec: { ...PLAN.spec, stages: [] } }

describe('Reruns', () => {
  onEachStore((store) => {
    const settled = async () => {
      await startRun(store())
      await settleRun(store(), await claimOne(store()))
      const earlier = await store().latestRun(CALL_SID)
      if (earlier === undefined) throw new Error('the run is gone')
      return earlier
    }

    it('know the run that the call shows', async () => {
      const earlier = await settled()
      expect(earlier).to.deep.include({ outcome: 'completed', status: 'settled', planSpec: PLAN.spec })
      expect(earlier.produced).to.deep.equal(new Map([['stt', 'transcript']]))
      expect(await store().latestRun(sidOf('CA', 'none'))).to.equal(undefined)
      expect(await store().latestRun(CALL_SID, sidOf('RE', 'none'))).to.equal(undefined)
    })

    it('are new runs that take over what is named, and with it nothing else', async () => {
      const earlier = await settled()
      const runId = await store().startRerun(earlier, OTHER_PLAN, ['stt'])
      const run = await claimOne(store())
      expect(run.hold.runId).to.equal(runId)
      expect(run.planHash).to.equal(OTHER_PLAN.hash)
      expect(run.stages.map(({ id, status }) => [id, status])).to.deep.equal([['stt', 'done']])
      expect(run.artifacts).to.deep.equal([{ stage: 'stt', name: 'transcript', value: { text: 'שלום' } }])
      expect(run).to.include({ claims: 1, outcome: null, cancelRequested: null })
      expect((await store().findCall(CALL_SID))?.call.status).to.equal('processing')
    })

    it('are shown from the moment they are asked for', async () => {
      const runId = await store().startRerun(await settled(), PLAN, [])
      const found = await store().findCall(CALL_SID)
      expect(found?.run).to.deep.include({ id: runId, status: 'queued', outcome: null, stages: [], artifacts: [] })
      expect(found?.call.status).to.equal('recorded')
    })

    it('are started once when two are asked for at once', async () => {
      const earlier = await settled()
      const results = await Promise.allSettled([1, 2, 3].map(() => store().startRerun(earlier, PLAN, [])))
      expect(results.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected', 'rejected'])
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).to.include({ code: 'conflict' })
      }
      expect(await rejection(store().startRerun(earlier, PLAN, []))).to.include({ code: 'conflict' })
    })

    it('leave the earlier run as it was', async () => {
      const earlier = await settled()
      await store().startRerun(earlier, PLAN, ['stt'])
      const deliveries = await store().listDeliveries({ limit: 10 })
      expect(deliveries.map(({ run_id, status }) => [run_id, status])).to.deep.equal([[earlier.id, 'done']])
    })
  })
})

describe('Plans', () => {
  onEachStore((store) => {
    it('are kept once under their hash, as they were first', async () => {
      await store().savePlan(PLAN)
      await store().savePlan({ hash: PLAN.hash, spec: 'another' })
      expect(await store().planSpec(PLAN.hash)).to.deep.equal(PLAN.spec)
      expect(await store().planSpec('none')).to.equal(undefined)
    })
  })
})
