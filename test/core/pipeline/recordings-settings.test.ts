import { expect } from 'chai'
import { KEPT_FOR_GOOD, USUAL_SYNC } from '../../../core/pipeline/recordings-settings.ts'
import { load } from './drivers.ts'

const STAGES = 'stages: [{ stage: recording-store, use: filesystem }]'
const HOUR_MS = 3_600_000

describe('the settings about recordings', () => {
  it('are the defaults where the file says nothing: nothing is deleted, and Twilio is asked', async () => {
    const { settings } = await load(`version: 1\n${STAGES}`)
    expect(settings).to.deep.include({ recordings: KEPT_FOR_GOOD, sync: USUAL_SYNC })
  })

  it('are read with days too, and may come from variables', async () => {
    const lines = 'recordings: { deleteAfter: 24h, retention: "${KEEP}" }\nsync: { every: 1h, overlap: 2d }'
    const { settings } = await load(`version: 1\n${lines}\n${STAGES}`, { environment: { KEEP: '90d' } })
    expect(settings).to.deep.include({
      recordings: { deleteAfterMs: 24 * HOUR_MS, retentionMs: 90 * 24 * HOUR_MS },
      sync: { everyMs: HOUR_MS, overlapMs: 48 * HOUR_MS },
    })
  })

  it('are no part of the plan that a run keeps', async () => {
    const [without, withSettings] = await Promise.all([
      load(`version: 1\n${STAGES}`),
      load(`version: 1\nrecordings: { retention: 90d }\n${STAGES}`),
    ])
    expect(withSettings.plan?.hash).to.be.a('string').and.equal(without.plan?.hash)
  })

  for (const [lines, path] of [
    ['recordings: { retention: 90 days }', 'recordings.retention'],
    ['recordings: { retention: 36501d }', 'recordings.retention'],
    ['recordings: { deleteAfter: 24 }', 'recordings.deleteAfter'],
    ['recordings: { deletAfter: 24h }', 'recordings.deletAfter'],
    ['sync: { every: 30s }', 'sync.every'],
    ['sync: { overlap: 25d }', 'sync.overlap'],
    ['sync: 15m', 'sync'],
  ]) {
    it(`are refused with their place: ${lines}`, async () => {
      const { plan, faults } = await load(`version: 1\n${lines}\n${STAGES}`)
      expect(plan).to.equal(undefined)
      expect(faults.map((fault) => fault.path)).to.deep.equal([path])
    })
  }
})
