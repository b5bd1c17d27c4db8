import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineArtifact, PermanentError, RetryableError, settle, skip, Type, UnavailableError } from 'aftercall'
import { expect } from 'chai'
import type { RunRecord } from '../../../core/store/calls.ts'
import { type Behaviour, driver, engineBench, isReleased, isSettled, says } from '../../support/engine.ts'
import { planOf, type StageSketch } from '../../support/plans.ts'
import { onEachStore } from '../../support/stores.ts'

function stage(id: string, behaviour: Behaviour, more: Partial<StageSketch> = {}): StageSketch {
  return { id, drivers: [{ use: 'own', definition: driver(behaviour) }], ...more }
}

function statusOf(run: RunRecord, id: string) {
  return run.stages.find((kept) => kept.id === id)
}

describe('a run', () => {
  onEachStore((store) => {
    const bench = engineBench(store)

    async function runOf(sketches: readonly StageSketch[]): Promise<RunRecord> {
      const plan = planOf(sketches)
      await bench.worker([plan])
      const callSid = await bench.ingest(plan)
      await bench.until(isSettled)
      return bench.run(callSid)
    }

    it('hands artifacts on, and is settled when the final stages are over', async () => {
      const seen: unknown[] = []
      const run = await runOf([
        stage('a', async () => ({ text: 'from a' })),
        stage('b', async ({ a }) => ({ text: `b of ${JSON.stringify(a)}` }), { needs: ['a'] }),
        stage('tell', async (input) => ({ text: String(seen.push(input)) }), { phase: 'final' }),
      ])
      expect(run).to.include({ status: 'settled', outcome: 'completed' })
      expect(run.artifacts.find(({ stage }) => stage === 'b')?.value).to.deep.equal({ text: 'b of {"text":"from a"}' })
      expect(seen).to.have.length(1)
      expect(seen[0]).to.have.nested.property('outcome.status', 'completed')
    })

    it('gives final stages the outcome, the artifacts, the usage and a constant time', async () => {
      const given: Readonly<Record<string, unknown>>[] = []
      await runOf([
        stage('a', async (_input, { usage }) => {
          usage({ model: 'm', inputTokens: 3 })
          usage({ inputTokens: 4 })
          return { text: 'x' }
        }),
        stage(
          'tell',
          async (input, { attempt }) => {
            given.push(input)
            if (attempt === 1) throw new Error('not yet')
            return { text: 'told' }
          },
          { phase: 'final' },
        ),
      ])
      expect(given.map(({ run }) => run)).to.have.length(2)
      expect(given[0]?.['run']).to.deep.equal(given[1]?.['run'])
      expect(given[0]?.['usage']).to.deep.equal({ a: { model: 'm', inputTokens: 7, attempts: 1 } })
    })

    it('runs side by side what needs the same artifact', async () => {
      const both = Promise.withResolvers<void>()
      let running = 0
      const meet: Behaviour = async () => {
        if (++running === 2) both.resolve()
        await both.promise
        return { text: 'met' }
      }
      const run = await runOf([
        stage('a', async () => ({ text: 'a' })),
        stage('b', meet, { needs: ['a'] }),
        stage('c', meet, { needs: ['a'] }),
      ])
      expect(run.outcome).to.equal('completed')
    })

    it('tries again after an error, and not after a permanent one', async () => {
      const run = await runOf([
        stage('a', async (_input, { attempt }) => {
          if (attempt < 3) throw new RetryableError(`not yet ${attempt}`)
          return { text: `attempt ${attempt}` }
        }),
        stage(
          'b',
          async () => {
            throw new PermanentError('never', { code: 'provider-rejected' })
          },
          { needs: ['a'] },
        ),
      ])
      expect(statusOf(run, 'a')).to.include({ status: 'done', attempts: 3 })
      expect(statusOf(run, 'b')).to.include({ status: 'failed', attempts: 1 })
      expect(run).to.include({ outcome: 'failed', reason: 'b: b/own: never' })
    })

    it('gives the run back while it waits, so that it holds no worker', async () => {
      const plan = planOf([
        stage('a', async (_input, { attempt }) => {
          if (attempt === 1) throw new RetryableError('busy', { retryAfterMs: 60_000 })
          return { text: 'done' }
        }),
      ])
      const worker = await bench.worker([plan])
      const callSid = await bench.ingest(plan)
      await bench.until(isReleased)
      const run = await bench.run(callSid)
      expect(run.status).to.equal('waiting')
      expect(statusOf(run, 'a')?.error).to.include({ code: 'retryable', message: 'a/own: busy' })
      expect(await store().nextDueInMs()).to.be.within(55_000, 66_001)
      expect((await store().workers()).find(({ id }) => id === worker.id)?.runs).to.equal(0)
    })

    it('falls back when a driver is unavailable, permanently refused, or has spent its attempts', async () => {
      const failing = (thrown: unknown) => driver(() => Promise.reject(thrown))
      const run = await runOf([
        {
          id: 'a',
          drivers: [
            { use: 'absent', definition: failing(new UnavailableError('not installed')) },
            { use: 'refused', definition: failing(new PermanentError('refused')) },
            { use: 'tired', definition: failing(new Error('busy')), attempts: 2 },
            { use: 'good', definition: says('at last') },
          ],
        },
      ])
      expect(run.outcome).to.equal('completed')
      expect(statusOf(run, 'a')).to.include({ status: 'done', driver: 3, attempts: 5 })
    })

    it('completes without an optional stage', async () => {
      const run = await runOf([
        stage('a', async () => ({ text: 'a' })),
        stage('b', () => Promise.reject(new PermanentError('no')), { needs: ['a'], optional: true }),
        stage('c', async ({ b }) => ({ text: String(b) }), { takes: ['b'] }),
      ])
      expect(run.outcome).to.equal('completed')
      expect(run.artifacts.find(({ stage }) => stage === 'c')?.value).to.deep.equal({ text: 'undefined' })
    })

    it('skips and settles as the driver says', async () => {
      const run = await runOf([
        stage('a', async () => skip('nothing to do')),
        stage('b', async () => ({ text: 'b' }), { needs: ['a'] }),
        stage('c', async () => settle('no_speech', 'silence')),
      ])
      expect(run).to.include({ outcome: 'no_speech', reason: 'silence' })
      expect(statusOf(run, 'a')).to.include({ status: 'skipped', reason: 'nothing to do' })
      expect(statusOf(run, 'b')).to.include({ status: 'skipped' })
    })

    for (const [what, behaviour] of Object.entries<Behaviour>({
      'a wrong shape': async () => ({ wrong: true }),
      nothing: async () => undefined,
      null: async () => null,
      'a further key': async () => ({ text: 'x', more: 1 }),
    })) {
      it(`fails the attempt of a driver that returns ${what}, with its name`, async () => {
        const run = await runOf([stage('a', behaviour)])
        expect(run.outcome).to.equal('failed')
        expect(statusOf(run, 'a')?.error).to.include({ code: 'contract-broken' })
        expect(statusOf(run, 'a')?.error?.message).to.match(/^a\/own returned no valid a/)
      })
    }

    for (const [what, thrown] of Object.entries<unknown>({
      'a string': 'oops',
      null: null,
      undefined,
      'an object': { a: 1n },
    })) {
      it(`survives a driver that throws ${what}`, async () => {
        const run = await runOf([stage('a', () => Promise.reject(thrown))])
        expect(statusOf(run, 'a')).to.include({ status: 'failed', attempts: 3 })
        expect(statusOf(run, 'a')?.error).to.include({ code: 'driver-error' })
      })
    }

    it('survives a driver that cannot even be made, or throws before it returns a promise', async () => {
      const broken = {
        ...says('x'),
        create: () => {
          throw new TypeError('cannot be made')
        },
      }
      const hasty = driver(() => {
        throw new TypeError('too hasty')
      })
      const run = await runOf([
        { id: 'a', optional: true, drivers: [{ use: 'broken', definition: broken, attempts: 1 }] },
        { id: 'b', optional: true, drivers: [{ use: 'hasty', definition: hasty, attempts: 1 }] },
      ])
      expect(statusOf(run, 'a')?.error?.message).to.equal('a/broken: cannot be made')
      expect(statusOf(run, 'b')?.error?.message).to.equal('b/hasty: too hasty')
    })

    it('aborts an attempt that takes too long, and tries again', async () => {
      const reasons: unknown[] = []
      const run = await runOf([
        {
          id: 'a',
          drivers: [
            {
              use: 'slow',
              timeoutMs: 20,
              definition: driver(async (_input, { attempt, signal }) => {
                if (attempt > 1) return { text: 'quick' }
                await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
                reasons.push('unreachable')
                return { text: 'never' }
              }),
            },
          ],
        },
      ])
      expect(run.outcome).to.equal('completed')
      expect(statusOf(run, 'a')?.attempts).to.equal(2)
      expect(bench.events.find(({ type }) => type === 'stage-retry')).to.have.nested.property(
        'error.code',
        'attempt-timeout',
      )
      expect(reasons).to.deep.equal([])
    })

    it('goes on without a driver that ignores its signal', async () => {
      const run = await runOf([
        {
          id: 'a',
          drivers: [{ use: 'deaf', timeoutMs: 20, attempts: 1, definition: driver(() => new Promise(() => {})) }],
        },
      ])
      expect(statusOf(run, 'a')?.error).to.include({ code: 'driver-ignored-abort' })
    })

    it('keeps the parts of a stage over its attempts, and forgets them when it is over', async () => {
      let worked = 0
      const run = await runOf([
        stage('a', async (_input, { once, attempt }) => {
          const part = await once('part', async () => ({ worked: ++worked }))
          const [again] = await Promise.all([
            once('part', async () => ({ worked: -1 })),
            once('other', async () => null),
          ])
          if (attempt === 1) throw new Error('after the part')
          return { text: JSON.stringify([part, again]) }
        }),
      ])
      expect(run.artifacts[0]?.value).to.deep.equal({ text: '[{"worked":1},{"worked":1}]' })
      expect(await store().partsOf(run.id, 'a')).to.have.property('size', 0)
    })

    it('does a part again whose work has failed', async () => {
      let tries = 0
      const run = await runOf([
        stage('a', async (_input, { once }) => {
          const work = async () => {
            if (++tries === 1) throw new Error('first time')
            return tries
          }
          await once('part', work).catch(() => {})
          return { text: String(await once('part', work)) }
        }),
      ])
      expect(run.artifacts[0]?.value).to.deep.equal({ text: '2' })
    })

    it('hands files on by absolute names, and removes them with the outcome', async () => {
      const file = defineArtifact('file', Type.Object({ file: Type.String() }), {
        mapFiles: (value, map) => ({ file: map(value.file) }),
      })
      const seen: string[] = []
      const run = await runOf([
        {
          ...stage('a', async (_input, { workdir }) => {
            await writeFile(join(workdir, 'made.txt'), 'made')
            await writeFile(join(workdir, 'rubbish.txt'), 'left over')
            return { file: 'made.txt' }
          }),
          produces: file,
        },
        stage(
          'b',
          async ({ file: given }) => {
            const name = (given as { file: string }).file
            seen.push(name)
            return { text: await readFile(name, 'utf8') }
          },
          { needs: ['a'] },
        ),
      ])
      expect(run.artifacts.find(({ stage }) => stage === 'b')?.value).to.deep.equal({ text: 'made' })
      expect(seen[0]).to.match(/^\/.*\/artifacts\/a\.1\.1\/made\.txt$/)
      expect(await bench.files.runs()).to.deep.equal([])
    })

    for (const name of ['../escape.txt', '/etc/passwd', 'missing.txt', '.']) {
      it(`refuses an artifact that names the file ${name}`, async () => {
        const file = defineArtifact('file', Type.Object({ file: Type.String() }), {
          mapFiles: (value, map) => ({ file: map(value.file) }),
        })
        const run = await runOf([{ ...stage('a', async () => ({ file: name })), produces: file }])
        expect(statusOf(run, 'a')?.error).to.include({ code: 'contract-broken' })
      })
    }

    it('removes the workdir of every attempt, however it ended', async () => {
      const workdirs: string[] = []
      await runOf([
        stage('a', async (_input, { workdir, attempt }) => {
          workdirs.push(workdir)
          await writeFile(join(workdir, 'temp'), 'x')
          if (attempt < 3) throw new Error('again')
          return { text: 'x' }
        }),
        stage('wait', async () => ({ text: (await Promise.all(workdirs.map(isThere))).join() }), { needs: ['a'] }),
      ])
      expect(workdirs).to.have.length(3)
      expect(await Promise.all(workdirs.map(isThere))).to.deep.equal([false, false, false])
    })

    it('is cancelled while it runs, its attempt aborted, and final stages told', async () => {
      const started = Promise.withResolvers<void>()
      const plan = planOf([
        stage('a', (_input, { signal }) => {
          started.resolve()
          return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        }),
        stage('b', async () => ({ text: 'never' }), { needs: ['a'] }),
        stage(
          'tell',
          async (input, { signal }) => {
            signal.throwIfAborted()
            return { text: (input['outcome'] as { status: string }).status }
          },
          { phase: 'final' },
        ),
      ])
      await bench.worker([plan], { heartbeatMs: 20 })
      const callSid = await bench.ingest(plan)
      await started.promise
      const { id } = await bench.run(callSid)
      expect(await store().requestCancel(id, 'by hand')).to.equal(true)
      await bench.until(isSettled)
      const run = await bench.run(callSid)
      expect(run).to.include({ outcome: 'cancelled', reason: 'by hand' })
      expect(run.artifacts.map(({ value }) => value)).to.deep.equal([{ text: 'cancelled' }])
      expect((await store().findCall(callSid))?.call.status).to.equal('cancelled')
      expect(await store().requestCancel(id, 'again')).to.equal(false)
    })

    it('is cancelled while it waits in the queue', async () => {
      const plan = planOf([stage('a', async () => ({ text: 'a' }))])
      const callSid = await bench.ingest(plan)
      await store().requestCancel((await bench.run(callSid)).id, 'changed my mind')
      await bench.worker([plan])
      await bench.until(isSettled)
      expect(await bench.run(callSid)).to.include({ outcome: 'cancelled' })
    })
  })
})

async function isThere(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  )
}
