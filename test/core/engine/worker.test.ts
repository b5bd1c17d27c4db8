import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { defineArtifact, Type } from 'aftercall'
import { expect } from 'chai'
import { operationsOf } from '../../../core/engine/operations.ts'
import type { Plan } from '../../../core/pipeline/plan.ts'
import { claimOne } from '../../support/calls.ts'
import { type Behaviour, driver, engineBench, isReleased, isSettled, says } from '../../support/engine.ts'
import { planOf, type StageSketch } from '../../support/plans.ts'
import { rejection } from '../../support/rejection.ts'
import { onEachStore } from '../../support/stores.ts'

function stage(id: string, behaviour: Behaviour, more: Partial<StageSketch> = {}): StageSketch {
  return { id, drivers: [{ use: 'own', definition: driver(behaviour) }], ...more }
}

/** Runs until it is aborted; says when it has started. */
function untilAborted(): { readonly behaviour: Behaviour; readonly started: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    started: promise,
    behaviour: (_input, { signal }) => {
      resolve()
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  }
}

describe('a worker', () => {
  onEachStore((store) => {
    const bench = engineBench(store)

    it('executes many runs, each once', async () => {
      const counts = new Map<string, number>()
      const plan = planOf([
        stage('a', async ({ call }) => {
          const { callSid } = call as { callSid: string }
          counts.set(callSid, (counts.get(callSid) ?? 0) + 1)
          return { text: callSid }
        }),
      ])
      await Promise.all([bench.worker([plan]), bench.worker([plan]), bench.worker([plan], { slots: 2 })])
      const settled = Promise.withResolvers<void>()
      let left = 40
      const sids = await Promise.all(Array.from({ length: left }, (_, index) => bench.ingest(plan, `call ${index}`)))
      for (const callSid of sids) {
        void bench
          .until((event) => isSettled(event) && event.callSid === callSid)
          .then(() => {
            if (--left === 0) settled.resolve()
          })
      }
      await settled.promise
      expect([...counts.values()]).to.deep.equal(sids.map(() => 1))
    })

    it('runs no more attempts of a stage at a time than it may', async () => {
      const two = Promise.withResolvers<void>()
      let running = 0
      let most = 0
      const plan = planOf([
        {
          ...stage('a', async () => {
            most = Math.max(most, ++running)
            if (running === 2) two.resolve()
            await two.promise
            await new Promise((resolve) => setImmediate(resolve))
            running--
            return { text: 'x' }
          }),
          concurrency: 2,
        },
      ])
      await bench.worker([plan])
      const sids = await Promise.all(Array.from({ length: 10 }, (_, index) => bench.ingest(plan, `call ${index}`)))
      for (const callSid of sids) await bench.until((event) => isSettled(event) && event.callSid === callSid)
      expect(most).to.equal(2)
    })

    it('finishes its attempts when it is stopped, and gives the rest back at once', async () => {
      const finish = Promise.withResolvers<void>()
      const started = Promise.withResolvers<void>()
      const plan = planOf([
        stage('a', async () => {
          started.resolve()
          await finish.promise
          return { text: 'finished' }
        }),
        stage('b', async () => ({ text: 'by the other' }), { needs: ['a'] }),
      ])
      const worker = await bench.worker([plan])
      const callSid = await bench.ingest(plan)
      await started.promise
      const stopped = worker.stop(10_000)
      finish.resolve()
      await stopped
      const given = await bench.run(callSid)
      expect(given.status).to.equal('queued')
      expect(given.stages).to.have.length(1)
      await bench.worker([plan])
      await bench.until(isSettled)
      const run = await bench.run(callSid)
      expect(run.outcome).to.equal('completed')
      expect(run.stages.map(({ id, attempts }) => [id, attempts])).to.have.deep.members([
        ['a', 1],
        ['b', 1],
      ])
    })

    it('aborts what outlasts its grace, counts it against nobody, and gives it back', async () => {
      const first = untilAborted()
      let attempts = 0
      const plan = planOf([
        {
          id: 'a',
          drivers: [
            {
              use: 'own',
              attempts: 1,
              definition: driver((...given) =>
                ++attempts === 1 ? first.behaviour(...given) : Promise.resolve({ text: 'x' }),
              ),
            },
          ],
        },
      ])
      const worker = await bench.worker([plan])
      const callSid = await bench.ingest(plan)
      await first.started
      await worker.stop(0)
      expect((await bench.run(callSid)).status).to.equal('queued')
      const run = await claimOne(store())
      expect(run.claims, 'a claim that was given back unharmed does not count').to.equal(1)
      await store().returnRun(run.hold, 0)
      await bench.worker([plan])
      await bench.until(isSettled)
      expect((await bench.run(callSid)).outcome).to.equal('completed')
    })

    it('takes over the runs of a worker that died, shows the lost attempt, and redoes nothing', async () => {
      let stored = 0
      const plan = planOf([
        stage('a', async () => ({ text: String(++stored) })),
        stage('b', async () => ({ text: 'b' }), { needs: ['a'] }),
      ])
      const dead = untilAborted()
      const first = planOf([
        stage('a', async () => ({ text: String(++stored) })),
        stage('b', dead.behaviour, { needs: ['a'] }),
      ])
      const callSid = await bench.ingest(plan)
      // It never stops: its row is removed, as the lease of a dead worker runs out.
      const gone = await bench.worker([first], { heartbeatMs: 60_000, pollMs: 60_000 })
      await dead.started
      await store().leave(gone.id)
      await bench.worker([plan])
      await bench.until(isSettled)
      const run = await bench.run(callSid)
      expect(run.outcome).to.equal('completed')
      expect(stored).to.equal(1)
      expect(run.stages.find(({ id }) => id === 'b')?.attempts).to.equal(2)
    })

    it('writes nothing for a run that another has taken over', async () => {
      const go = Promise.withResolvers<void>()
      const started = Promise.withResolvers<void>()
      const plan = planOf([
        stage('a', async () => {
          started.resolve()
          await go.promise
          return { text: 'too late' }
        }),
      ])
      const callSid = await bench.ingest(plan)
      const stalled = await bench.worker([plan], { heartbeatMs: 60_000, pollMs: 60_000 })
      await started.promise
      await store().leave(stalled.id)
      const other = await claimOne(store())
      go.resolve()
      await stalled.stop(1_000)
      const run = await bench.run(callSid)
      expect(run.artifacts).to.deep.equal([])
      expect(run.status).to.equal('running')
      expect(other.hold.epoch).to.equal(2)
    })

    it('fails a run that was claimed five times with nothing finished in between', async () => {
      const plan = planOf([
        stage('a', async () => ({ text: 'never again' })),
        stage('b', async () => ({ text: 'b' }), { needs: ['a'] }),
      ])
      const callSid = await bench.ingest(plan)
      for (let claim = 1; claim <= 5; claim++) {
        const { hold } = await claimOne(store())
        await store().leave(hold.owner)
      }
      await bench.worker([plan])
      await bench.until(isSettled)
      const run = await bench.run(callSid)
      expect(run).to.include({ outcome: 'failed' })
      expect(run.error).to.include({ code: 'worker-crashed' })
      expect((await store().findCall(callSid))?.call).to.include({ status: 'failed', error_code: 'worker-crashed' })
    })

    it('fails a run visibly whose plan can no longer be loaded', async () => {
      const plan = planOf([stage('a', async () => ({ text: 'a' }))])
      const callSid = await bench.ingest(plan)
      const { AftercallError } = await import('aftercall')
      await bench.worker([], {
        plans: {
          get: () => Promise.reject(new AftercallError('stt/gone is gone', { code: 'plan-unloadable' })),
        } as never,
      })
      for (;;) {
        // SQLite answers without a turn of the event loop, and the worker needs one.
        await turnOfTheLoop()
        const run = await bench.run(callSid)
        if (run.status !== 'settled') continue
        expect(run.error).to.include({ code: 'plan-unloadable', message: 'stt/gone is gone' })
        break
      }
      expect((await store().findCall(callSid))?.call).to.include({ status: 'failed', error_code: 'plan-unloadable' })
    })

    it('makes files again that are gone with another machine, and only those', async () => {
      const file = defineArtifact('file', Type.Object({ file: Type.String() }), {
        mapFiles: (value, map) => ({ file: map(value.file) }),
      })
      const ran: string[] = []
      const plan = planOf([
        stage('store', async () => ({ text: String(ran.push('store')) })),
        {
          ...stage(
            'convert',
            async (_input, { workdir }) => {
              ran.push('convert')
              await writeFile(join(workdir, 'x.wav'), 'x')
              return { file: 'x.wav' }
            },
            { needs: ['store'] },
          ),
          produces: file,
        },
        stage(
          'listen',
          async (_input, { attempt }) => {
            ran.push('listen')
            if (attempt === 1) throw new Error('try on another machine')
            return { text: 'heard' }
          },
          { needs: ['convert'] },
        ),
      ])
      const first = await bench.worker([plan])
      const callSid = await bench.ingest(plan)
      await bench.until(isReleased)
      await first.stop(0)
      const { id } = await bench.run(callSid)
      await bench.files.removeRun(id)
      await bench.worker([plan])
      await bench.until(isSettled)
      expect((await bench.run(callSid)).outcome).to.equal('completed')
      expect(ran.filter((name) => name === 'store')).to.have.length(1)
      expect(ran.at(-1)).to.equal('listen')
      expect(ran.filter((name) => name === 'convert')).to.have.length.at.least(1)
    })

    it('gives back what the database says it holds, and it knows nothing of', async () => {
      const plan = planOf([stage('a', async () => ({ text: 'a' }))])
      const worker = await bench.worker([plan], { heartbeatMs: 20 })
      const callSid = await bench.ingest(plan, 'claimed unheard')
      await bench.until(isSettled)
      const { id } = await bench.run(callSid)
      // As after a claim whose answer was lost with the connection.
      await store()
        .database.knex('run')
        .where('id', id)
        .update({ owner: worker.id, status: 'running', outcome: null, settled_at: null, epoch: 7, due_at: null })
      for (const table of ['run_stage', 'attempt', 'artifact'])
        await store().database.knex(table).where('run_id', id).delete()
      bench.forget()
      await bench.until(isSettled)
      expect(await bench.run(callSid)).to.include({ outcome: 'completed', status: 'settled' })
    })

    it('sweeps away at its start what crashes have left', async () => {
      const plan = planOf([stage('a', async () => ({ text: 'a' }))])
      const callSid = await bench.ingest(plan)
      const { id } = await bench.run(callSid)
      const unknown = randomUUID()
      for (const run of [id, unknown]) {
        await mkdir(join(bench.files.root, run, 'attempts', 'a-old'), { recursive: true })
        await mkdir(join(bench.files.root, run, 'artifacts', 'a.1.1'), { recursive: true })
      }
      await bench.worker([])
      expect(await bench.files.runs()).to.not.include(unknown)
    })
  })
})

describe('rerunning', () => {
  onEachStore((store) => {
    const bench = engineBench(store)

    function rerunnable(): { readonly plan: Plan; readonly ran: string[]; readonly repair: () => void } {
      const ran: string[] = []
      let broken = true
      const note =
        (id: string): Behaviour =>
        async () => {
          ran.push(id)
          return { text: `${id} ${ran.length}` }
        }
      const plan = planOf([
        stage('a', note('a')),
        stage('b', note('b'), { needs: ['a'] }),
        {
          id: 'c',
          needs: ['a'],
          drivers: [
            {
              use: 'own',
              attempts: 1,
              definition: driver(async (input, context, services) => {
                if (broken) throw new Error('broken')
                return note('c')(input, context, services)
              }),
            },
          ],
        },
        { id: 'tell', phase: 'final', drivers: [{ use: 'own', definition: says('told') }] },
      ])
      return {
        plan,
        ran,
        repair: () => {
          broken = false
        },
      }
    }

    async function settledRun(callSid: string, runId: string) {
      await bench.until((event) => isSettled(event) && event.runId === runId)
      return bench.run(callSid)
    }

    it('goes on where the run has failed, with the earlier artifacts', async () => {
      const { plan, ran, repair } = rerunnable()
      await bench.worker([plan])
      const callSid = await bench.ingest(plan)
      const first = await settledRun(callSid, (await bench.run(callSid)).id)
      expect(first.outcome).to.equal('failed')
      repair()
      const { runId } = await operationsOf(store(), bench.queue, () => plan).rerun(callSid)
      const second = await settledRun(callSid, runId)
      expect(second).to.include({ id: runId, outcome: 'completed' })
      expect(ran.toSorted()).to.deep.equal(['a', 'b', 'c'])
      expect((await store().findCall(callSid))?.call).to.include({ status: 'processed', error_code: null })
    })

    it('does everything below the named stage again, and nothing above', async () => {
      const { plan, ran, repair } = rerunnable()
      repair()
      await bench.worker([plan])
      const callSid = await bench.ingest(plan)
      await settledRun(callSid, (await bench.run(callSid)).id)
      const operations = operationsOf(store(), bench.queue, () => plan)
      await settledRun(callSid, (await operations.rerun(callSid, { from: 'b' })).runId)
      expect(ran.slice(3)).to.deep.equal(['b'])
      await settledRun(callSid, (await operations.rerun(callSid)).runId)
      expect(ran.slice(4).toSorted()).to.deep.equal(['a', 'b', 'c'])
    })

    it('refuses what is not over, is unknown, or has no such stage', async () => {
      const { plan } = rerunnable()
      const callSid = await bench.ingest(plan)
      const operations = operationsOf(store(), bench.queue, () => plan)
      expect(await rejection(operations.rerun(callSid))).to.include({ code: 'conflict' })
      expect(await rejection(operations.rerun('CA00000000000000000000000000000000'))).to.include({
        code: 'not-found',
      })
      await bench.worker([plan])
      await bench.until(isSettled)
      expect(await rejection(operations.rerun(callSid, { from: 'nowhere' }))).to.include({ code: 'bad-request' })
      expect(await rejection(operations.cancel(callSid))).to.include({ code: 'conflict' })
    })

    it('does again what stands below a stage that the pipeline has gained', async () => {
      const { plan, ran, repair } = rerunnable()
      repair()
      const added = stage('new', async () => ({ text: 'new' }), { needs: ['a'] })
      const longer = planOf(
        [
          stage('a', async () => ({ text: 'again' })),
          added,
          stage('b', async () => ({ text: String(ran.push('b again')) }), { needs: ['new'] }),
          stage('c', async () => ({ text: String(ran.push('c again')) }), { needs: ['a'] }),
        ],
        'longer',
      )
      await bench.worker([plan, longer])
      const callSid = await bench.ingest(plan)
      await settledRun(callSid, (await bench.run(callSid)).id)
      const { runId } = await operationsOf(store(), bench.queue, () => longer).rerun(callSid, { from: 'new' })
      await settledRun(callSid, runId)
      expect(ran.slice(0, 3).toSorted()).to.deep.equal(['a', 'b', 'c'])
      expect(ran.slice(3)).to.deep.equal(['b again'])
    })
  })
})
