import { expect } from 'chai'
import type { Recording } from '../../../core/contracts/index.ts'
import { eraseOldRecordings } from '../../../core/recordings/retention.ts'
import { recordingLogger } from '../../../core/testing/log.ts'
import { PLAN, sidOf, startRun } from '../../support/calls.ts'
import { endedRun, endNext, endOf, endRest, rerunOf, storedRecording } from '../../support/ended-runs.ts'
import { onEachStore } from '../../support/stores.ts'
import { HOUR_MS } from '../../support/sync.ts'

const DAY = 24

describe('the retention of recordings', () => {
  onEachStore((store) => {
    const { signal } = new AbortController()
    /** Erases with a store of recordings that does what it is told. */
    async function sweep(erase: (recording: Recording, planHash: string) => Promise<void> = async () => {}) {
      const erased: Recording[] = []
      const { logger, lines } = recordingLogger()
      const media = async (planHash: string) => ({
        open: () => Promise.reject(new Error('nothing is read here')),
        delete: async (recording: Recording) => {
          await erase(recording, planHash)
          erased.push(recording)
        },
      })
      const retentionMs = 90 * DAY * HOUR_MS
      const count = await eraseOldRecordings({ store: store(), media, retentionMs, logger }, signal)
      return { count, erased, lines }
    }

    it('erases what is old enough where its run has kept it, and says so', async () => {
      const old = await endedRun(store(), 'old', { hoursAgo: 91 * DAY })
      const young = await endedRun(store(), 'young', { hoursAgo: 89 * DAY })
      const plans: string[] = []
      const { count, erased, lines } = await sweep(async (_, planHash) => {
        plans.push(planHash)
      })
      expect(plans).to.deep.equal([PLAN.hash])
      expect(count).to.equal(1)
      expect(erased).to.deep.equal([storedRecording('old')])
      expect(await endOf(store(), old)).to.deep.equal({ deleted: false, erased: true, url: null })
      expect(await endOf(store(), young)).to.include({ erased: false })
      expect(lines.map(({ message }) => message)).to.deep.equal([
        `Erased ${old}`,
        'Recordings erased, as recordings.retention says: 1',
      ])
      expect((await sweep()).erased).to.deep.equal([])
    })

    it('keeps the texts of the call', async () => {
      await endedRun(store(), 'old', { hoursAgo: 91 * DAY })
      const before = await store().findCall(sidOf('CA', 'old'))
      await sweep()
      const after = await store().findCall(sidOf('CA', 'old'))
      expect(after?.run?.artifacts).to.deep.equal(before?.run?.artifacts)
      expect(after?.call).to.include({ recording_sid: sidOf('RE', 'old'), recording_url: null })
    })

    it('leaves what somebody may still need: failed, queued, or run again', async () => {
      await endedRun(store(), 'failed', { hoursAgo: 91 * DAY, outcome: 'failed' })
      await endedRun(store(), 'again', { hoursAgo: 91 * DAY })
      await rerunOf(store(), 'again')
      await startRun(store(), 'queued')
      expect((await sweep()).count).to.equal(0)
    })

    it('erases a cancelled one, and every copy that earlier runs have made elsewhere', async () => {
      await endedRun(store(), 'moved', { hoursAgo: 91 * DAY, copy: { store: 's3' } })
      await rerunOf(store(), 'moved')
      await endNext(store(), storedRecording('moved'))
      await endedRun(store(), 'cancelled', { hoursAgo: 91 * DAY, outcome: 'cancelled' })
      const { count, erased } = await sweep()
      expect(count).to.equal(2)
      expect(erased.map((copy) => `${copy.store} ${copy.key}`)).to.have.members([
        `s3 ${storedRecording('moved').key}`,
        `filesystem ${storedRecording('moved').key}`,
        `filesystem ${storedRecording('cancelled').key}`,
      ])
    })

    it('says what failed, goes on with the others, and tries again after a rest', async () => {
      const [first, second] = [
        await endedRun(store(), 'one', { hoursAgo: 92 * DAY }),
        await endedRun(store(), 'two', { hoursAgo: 91 * DAY }),
      ]
      const failing = await sweep(async ({ key }) => {
        if (key.includes(first)) throw new Error('the disk is read-only')
      })
      expect(failing.count).to.equal(1)
      expect(failing.lines[0]).to.include({ level: 'warn', message: `Could not erase ${first}` })
      expect(await endOf(store(), second)).to.include({ erased: true })
      expect((await sweep()).count, 'it rests').to.equal(0)
      await endRest(store())
      expect((await sweep()).count).to.equal(1)
    })

    it('erases again what a crash left unmarked, and what a later run has stored anew', async () => {
      const sid = await endedRun(store(), 'one', { hoursAgo: 91 * DAY })
      const [claimed] = await store().claimErasures(0, 10)
      expect(claimed?.recordingSid).to.equal(sid)
      await endRest(store())
      expect((await sweep()).count, 'after a crash between erasing and marking').to.equal(1)

      await rerunOf(store(), 'one')
      expect(await endOf(store(), sid)).to.include({ erased: false })
      await endNext(store(), storedRecording('one'))
      await endRest(store())
      expect((await sweep()).count).to.equal(1)
    })

    it('does not mark as erased what a run has begun to store meanwhile', async () => {
      const sid = await endedRun(store(), 'one', { hoursAgo: 91 * DAY })
      await sweep(() => rerunOf(store(), 'one'))
      expect(await endOf(store(), sid)).to.include({ erased: false })
    })

    it('is done once by several at a time', async () => {
      for (let number = 0; number < 5; number++) await endedRun(store(), `${number}`, { hoursAgo: 91 * DAY })
      const sweeps = await Promise.all([sweep(), sweep(), sweep()])
      expect(sweeps.flatMap(({ erased }) => erased)).to.have.length(5)
    })
  })
})
