import { expect } from 'chai'
import { StageTimes } from '../../../core/engine/stage-times.ts'
import type { StageState } from '../../../core/store/state.ts'

const PENDING: StageState = {
  id: 'stt',
  phase: 'main',
  status: 'pending',
  driver: 0,
  driverAttempts: 0,
  attempts: 0,
  settles: null,
  reason: null,
  error: null,
  dueInMs: null,
  startedMsAgo: null,
  finishedMsAgo: null,
}
const LONG_MS = 3_600_000
const waiting = (id: string, dueInMs: number | null): StageState => ({ ...PENDING, id, status: 'waiting', dueInMs })

describe('StageTimes', () => {
  it('knows which of the stages that were loaded are due, and when the next one is', () => {
    const times = new StageTimes([waiting('past', -5), waiting('now', 0), waiting('later', LONG_MS), PENDING])
    expect(times.due()).to.deep.equal(['past', 'now'])
    expect(times.nextDueInMs()).to.equal(0)
    for (const stage of times.due()) times.waitNoLonger(stage)
    expect(times.due()).to.deep.equal([])
    expect(times.nextDueInMs()).to.be.within(1, LONG_MS)
  })

  it('has nothing due where no stage waits', () => {
    expect(new StageTimes([PENDING]).nextDueInMs()).to.equal(null)
  })

  it('gives a commit the time that a waiting stage still has, and none to others', () => {
    const times = new StageTimes([])
    times.wait('stt', LONG_MS)
    expect(times.timed(waiting('stt', null), false).dueInMs).to.be.within(1, LONG_MS)
    expect(times.timed({ ...PENDING, dueInMs: 7 }, false).dueInMs).to.equal(null)
  })

  it('counts from a start of this process, else from the one that was stored', () => {
    const times = new StageTimes([])
    const stored = { ...PENDING, startedMsAgo: LONG_MS }
    expect(times.timed(stored, false).startedMsAgo).to.be.at.least(LONG_MS)
    expect(times.timed(stored, true).startedMsAgo).to.equal(0)
    times.start('stt')
    expect(times.timed(stored, false).startedMsAgo).to.be.below(LONG_MS)
    expect(times.timed({ ...PENDING, id: 'never' }, false).startedMsAgo).to.equal(null)
  })
})
