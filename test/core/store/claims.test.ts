import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { silentLogger } from '../../../core/contracts/index.ts'
import { rowsOf } from '../../../core/store/database.ts'
import { openStore, type Store } from '../../../core/store/store.ts'
import {
  attempt,
  checkpoint,
  claimOne,
  PLAN,
  settleRun,
  sidOf,
  stageState,
  startRun,
  startWorker,
} from '../../support/calls.ts'
import { inProcess } from '../../support/store-process.ts'
import { MIGRATIONS, onEachDatabase, onEachStore } from '../../support/stores.ts'

describe('claimRuns', () => {
  onEachStore((store) => {
    it('gives a run to one worker, with all that it needs', async () => {
      const runId = await startRun(store())
      const worker = await startWorker(store())
      const [run, ...others] = await store().claimRuns(worker, 10)
      expect(others).to.deep.equal([])
      expect(run?.hold).to.deep.equal({ runId, epoch: 1, owner: worker })
      expect(run).to.deep.include({
        planHash: PLAN.hash,
        claims: 1,
        cancelRequested: null,
        outcome: null,
        decidedAt: null,
        stages: [],
        artifacts: [],
        usage: {},
      })
      expect(run?.call).to.deep.include({
        callSid: sidOf('CA', 'call'),
        recordingSid: sidOf('RE', 'call'),
        source: 'twilio',
        channels: 2,
        durationSec: 42,
        business: null,
      })
      expect((await store().findCall(sidOf('CA', 'call')))?.call.status).to.equal('processing')
    })

    it('takes the longest waiting first, and no more than asked for', async () => {
      const runIds: string[] = []
      for (const words of ['a', 'b', 'c']) {
        runIds.push(await startRun(store(), words))
        await rowsOf(store().database, 'UPDATE run SET due_at = ? WHERE id = ?', [
          `2026-01-0${runIds.length}T00:00:00.000Z`,
          runIds.at(-1) ?? '',
        ])
      }
      const worker = await startWorker(store())
      const first = await store().claimRuns(worker, 2)
      expect(first.map(({ hold }) => hold.runId)).to.have.members(runIds.slice(0, 2))
      const second = await store().claimRuns(worker, 2)
      expect(second.map(({ hold }) => hold.runId)).to.deep.equal(runIds.slice(2))
      expect(await store().claimRuns(worker, 2)).to.deep.equal([])
    })

    it('leaves alone what is not due yet, and tells when it is', async () => {
      expect(await store().nextDueInMs()).to.equal(null)
      await startRun(store())
      const { hold } = await claimOne(store())
      expect(await store().nextDueInMs()).to.equal(null)
      await store().commit(checkpoint(hold, { status: 'waiting', dueInMs: 60_000, keeps: 'release' }))
      expect(await store().claimRuns(await startWorker(store()), 10)).to.deep.equal([])
      expect(await store().nextDueInMs()).to.be.within(50_000, 60_000)
    })

    it('gives no run twice when many ask at once', async () => {
      for (let number = 0; number < 20; number++) await startRun(store(), `call ${number}`)
      const workers = await Promise.all(Array.from({ length: 12 }, () => startWorker(store())))
      const claimed = await Promise.all(
        workers.flatMap((worker) => [1, 2, 3].map((limit) => store().claimRuns(worker, limit))),
      )
      const ids = claimed.flat().map(({ hold }) => hold.runId)
      expect(new Set(ids).size).to.equal(ids.length)
      const rest = await store().claimRuns(workers[0] ?? '', 20)
      expect(ids.length + rest.length).to.equal(20)
    })

    it('carries a business with its vocabulary, and odd settings as none', async () => {
      const stamp = '2026-11-22T09:00:00.000Z'
      const settings = JSON.stringify({ vocabulary: { city: ['Haifa', 7], service: 'plumber' } })
      const id = randomUUID()
      await rowsOf(
        store().database,
        'INSERT INTO business (id, name, language, settings, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
        [id, 'Plumbers', 'he', settings, stamp, stamp],
      )
      await startRun(store())
      await rowsOf(store().database, 'UPDATE call_log SET business_id = ?', [id])
      expect((await claimOne(store())).call.business).to.deep.equal({
        id,
        name: 'Plumbers',
        language: 'he',
        vocabulary: { city: ['Haifa'], service: [] },
        webhookUrl: null,
        webhookSecret: null,
      })
    })

    it('goes on where the last worker left off', async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      const error = { code: 'retryable', message: 'busy', remedy: 'wait' }
      await store().commit(
        checkpoint(hold, {
          status: 'waiting',
          dueInMs: 0,
          keeps: 'release',
          claim: 'advance',
          stages: [
            stageState('recording-store'),
            stageState('stt', {
              status: 'waiting',
              error,
              driver: 1,
              driverAttempts: 2,
              attempts: 10,
              dueInMs: 0,
              finishedMsAgo: null,
            }),
          ],
          attempts: [attempt('stt', { number: 10, result: 'failed', error, usage: { model: 'm', inputTokens: 5 } })],
          artifacts: [{ stage: 'recording-store', name: 'recording', value: { key: 'k' } }],
        }),
      )
      const again = await claimOne(store())
      expect(again.hold.epoch).to.equal(2)
      expect(again.claims).to.equal(1)
      expect(again.artifacts).to.deep.equal([{ stage: 'recording-store', name: 'recording', value: { key: 'k' } }])
      expect(again.usage).to.deep.equal({ stt: { model: 'm', inputTokens: 5, attempts: 1 } })
      const stt = again.stages.find(({ id }) => id === 'stt')
      expect(stt).to.deep.include({ status: 'waiting', driver: 1, driverAttempts: 2, attempts: 10, error })
      expect(stt?.dueInMs).to.be.at.most(0)
      expect(stt?.startedMsAgo).to.be.at.least(1_000)
    })

    it('counts claims that finished nothing, so that a poisonous recording is seen', async () => {
      await startRun(store())
      for (const expected of [1, 2, 3]) {
        const run = await claimOne(store())
        expect(run.claims).to.equal(expected)
        await store().leave(run.hold.owner)
      }
    })

    it('does not count a claim that was given back unharmed', async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      await store().commit(checkpoint(hold, { status: 'queued', dueInMs: 0, keeps: 'release', claim: 'return' }))
      expect((await claimOne(store())).claims).to.equal(1)
    })
  })
})

describe('Workers', () => {
  onEachStore((store) => {
    it('are listed with the runs that they hold', async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      const workers = await store().workers()
      expect(workers).to.have.length(1)
      expect(workers[0]).to.include({ id: hold.owner, host: 'here', pid: 1, runs: 1 })
      expect(workers[0]?.heartbeatAt).to.match(/^\d{4}-.*Z$/)
    })

    it('lose their runs when they are not heard of, and others keep theirs', async () => {
      await startRun(store(), 'dead')
      const dead = await claimOne(store())
      await startRun(store(), 'alive')
      const alive = await claimOne(store())
      await age(store(), dead.hold.owner)
      expect(await store().freeRuns(30_000)).to.equal(1)
      expect((await claimOne(store())).hold).to.deep.include({ runId: dead.hold.runId, epoch: 2 })
      expect(await store().loadRuns([alive.hold])).to.have.length(1)
      expect(await store().freeRuns(30_000)).to.equal(0)
    })

    it('that stalled and woke up change nothing any more', async () => {
      const runId = await startRun(store())
      const { hold: stalled } = await claimOne(store())
      await age(store(), stalled.owner)
      await store().freeRuns(30_000)
      // Fenced by the owner as soon as the run is free, and by the epoch when somebody else has it.
      for (const next of ['free', 'taken'] as const) {
        if (next === 'taken') await claimOne(store())
        expect(await store().commit(checkpoint(stalled, SETTLED)), next).to.deep.equal({ kind: 'fenced' })
        expect(await store().savePart(stalled, 'stt', 'slice', 1), next).to.equal(false)
        expect(await store().returnRun(stalled, 0), next).to.equal(false)
      }
      const run = (await store().findCall(sidOf('CA', 'call')))?.run
      expect(run).to.deep.include({ id: runId, status: 'running', outcome: null, stages: [], artifacts: [] })
    })

    it('that got the same run again are fenced from their first claim', async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      await store().returnRun(hold, 0)
      const [again] = await store().claimRuns(hold.owner, 1)
      expect(again?.hold).to.deep.equal({ ...hold, epoch: 2 })
      expect(await store().commit(checkpoint(hold, SETTLED))).to.deep.equal({ kind: 'fenced' })
    })

    it('that leave free their runs at once', async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      await store().leave(hold.owner)
      expect(await store().workers()).to.deep.equal([])
      expect((await claimOne(store())).hold.runId).to.equal(hold.runId)
    })

    it('have their row again with the next heartbeat, when it was swept away', async () => {
      const id = await startWorker(store())
      await age(store(), id)
      await store().freeRuns(1_000)
      expect(await store().workers()).to.deep.equal([])
      await store().heartbeat({ id, host: 'here', pid: 1 })
      expect(await store().workers()).to.have.length(1)
    })

    it('are told of runs that somebody wants cancelled', async () => {
      const runId = await startRun(store())
      const { hold } = await claimOne(store())
      expect(await store().cancelRequests(hold.owner)).to.deep.equal([])
      expect(await store().requestCancel(runId, 'by hand')).to.equal(true)
      expect(await store().cancelRequests(hold.owner)).to.deep.equal([{ runId, reason: 'by hand' }])
      const committed = await store().commit(checkpoint(hold))
      expect(committed).to.deep.include({ kind: 'committed', cancelRequested: 'by hand' })
    })

    it('get a waiting run at once when it is to be cancelled', async () => {
      const runId = await startRun(store())
      const { hold } = await claimOne(store())
      await store().commit(checkpoint(hold, { status: 'waiting', dueInMs: 3_600_000, keeps: 'release' }))
      await store().requestCancel(runId, 'by hand')
      expect((await claimOne(store())).cancelRequested).to.equal('by hand')
    })

    it('are not asked to cancel what is decided', async () => {
      await startRun(store())
      const run = await claimOne(store())
      await settleRun(store(), run)
      expect(await store().requestCancel(run.hold.runId, 'late')).to.equal(false)
    })

    it('know of runs whether they are held and decided', async () => {
      const [held, decided] = [await startRun(store(), 'held'), await startRun(store(), 'decided')]
      const worker = await startWorker(store())
      for (const run of await store().claimRuns(worker, 2))
        if (run.hold.runId === decided) await settleRun(store(), run)
      const standing = await store().standingOf([held, decided, randomUUID(), 'no-run', '-'.repeat(36)])
      expect([...standing].sort()).to.deep.equal(
        [
          [held, { isHeld: true, isDecided: false }],
          [decided, { isHeld: false, isDecided: true }],
        ].sort(),
      )
    })
  })
})

describe('Claims of several processes', () => {
  onEachDatabase((given) => {
    it('never give one run to two', async () => {
      const store = openStore({ address: given.address, migrations: MIGRATIONS })
      await store.migrate(silentLogger)
      for (let number = 0; number < 30; number++) await startRun(store, `call ${number}`)
      await store.close()
      const claimed = await Promise.all([1, 2, 3].map(() => inProcess(given.address, CLAIM_ALL)))
      const ids = claimed.flat()
      expect(ids).to.have.length(30)
      expect(new Set(ids).size).to.equal(30)
    })
  })
})

const CLAIM_ALL = `
  const id = crypto.randomUUID()
  await store.heartbeat({ id, host: 'here', pid: process.pid })
  const ids = []
  for (let runs; runs?.length !== 0; ids.push(...runs.map(({ hold }) => hold.runId))) runs = await store.claimRuns(id, 2)
  return ids`

const SETTLED = {
  status: 'settled',
  decides: { status: 'completed', reason: null, error: null },
  stages: [stageState('stt')],
  artifacts: [{ stage: 'stt', name: 'transcript', value: { text: 'of a ghost' } }],
} as const

/** Makes a worker's last heartbeat an old one. */
async function age(store: Store, workerId: string): Promise<void> {
  await rowsOf(store.database, 'UPDATE worker SET heartbeat_at = ? WHERE id = ?', [
    '2026-01-01T00:00:00.000Z',
    workerId,
  ])
}
