import { expect } from 'chai'
import type { Checkpoint, Committed } from '../../../core/store/checkpoint.ts'
import type { ClaimedRun } from '../../../core/store/claims.ts'
import { rowsOf } from '../../../core/store/database.ts'
import type { Store } from '../../../core/store/store.ts'
import {
  attempt,
  checkpoint,
  claimOne,
  PLAN,
  recordingCallback,
  sidOf,
  stageState,
  startRun,
  startWorker,
} from '../../support/calls.ts'
import { rejection } from '../../support/rejection.ts'
import { onEachStore } from '../../support/stores.ts'

const COMMITTED: Committed = { kind: 'committed', cancelRequested: null, decidedAt: null }

const UNSTORABLE = attempt('stt', { number: Number.NaN })

describe('commit', () => {
  onEachStore((store) => {
    it('writes stage, attempt, artifact and columns together', async () => {
      await startRun(store())
      const run = await claimOne(store())
      await store().savePart(run.hold, 'stt', 'slice 1', { text: 'a' })
      const committed = await store().commit(
        transcribed(run, 'hello', { forgetParts: ['stt'], attempts: [attempt('stt', { usage: { audioSeconds: 2 } })] }),
      )
      expect(committed).to.deep.equal(COMMITTED)
      const found = await find(store(), 'call')
      expect(found.call).to.include({ final_transcript: 'hello', status: 'processing' })
      expect(found.run?.stages).to.have.length(1)
      expect(found.run?.artifacts).to.have.length(1)
      expect(await store().partsOf(run.hold.runId, 'stt')).to.have.property('size', 0)
      const [again] = await store().loadRuns([run.hold])
      expect(again?.usage).to.deep.equal({ stt: { audioSeconds: 2, attempts: 1 } })
    })

    it('decides the outcome once, in the commit that also sets the status of the call', async () => {
      await startRun(store())
      const run = await claimOne(store())
      const decided = await store().commit(decision(run, 'no_speech'))
      if (decided.kind !== 'committed') throw new Error('it was fenced')
      expect(decided.decidedAt).to.match(/^\d{4}-.*Z$/)
      const later = await store().commit(
        checkpoint(run.hold, { decides: { status: 'failed', reason: 'later', error: null } }),
      )
      expect(later).to.deep.equal(decided)
      const found = await find(store(), 'call')
      expect(found.call.status).to.equal('no_speech')
      expect(found.run).to.include({
        outcome: 'no_speech',
        reason: 'nobody spoke',
        status: 'running',
        settled_at: null,
      })
    })

    it('keeps the error of a run that failed', async () => {
      await startRun(store())
      const run = await claimOne(store())
      const error = { code: 'provider-quota', message: 'no money', remedy: 'pay', stage: 'stt' }
      await store().commit(checkpoint(run.hold, { decides: { status: 'failed', reason: null, error } }))
      expect((await find(store(), 'call')).run?.error).to.deep.equal(error)
      const [again] = await store().loadRuns([run.hold])
      expect(again?.outcome).to.deep.equal({ status: 'failed', reason: null, error })
      expect(await store().failedCalls(60_000)).to.deep.equal([sidOf('CA', 'call')])
    })

    it('commits many that come at once, each as if it were alone', async () => {
      const runs = await claimMany(store(), 150)
      const committed = await Promise.all(runs.map((run, number) => store().commit(transcribed(run, `text ${number}`))))
      expect(new Set(committed.map(({ kind }) => kind))).to.deep.equal(new Set(['committed']))
      for (const [number, run] of runs.entries()) {
        const found = await store().findCall(run.call.callSid)
        expect(found?.call.final_transcript).to.equal(`text ${number}`)
        expect(found?.run?.artifacts).to.have.length(1)
      }
    })

    it('tells of each in a batch whether it was fenced', async () => {
      const runs = await claimMany(store(), 10)
      const stale = (run: ClaimedRun, number: number) =>
        number % 2 === 0 ? run : { ...run, hold: { ...run.hold, epoch: run.hold.epoch - 1 } }
      const committed = await Promise.all(runs.map(stale).map((run) => store().commit(transcribed(run, 'x'))))
      expect(committed.map(({ kind }) => kind)).to.deep.equal(
        runs.map((_, number) => (number % 2 === 0 ? 'committed' : 'fenced')),
      )
      const [written] = await rowsOf<{ count: number | string }>(
        store().database,
        'SELECT COUNT(*) AS count FROM artifact',
      )
      expect(Number(written?.count)).to.equal(5)
    })

    it('fails alone where one of a batch cannot be stored', async () => {
      const runs = await claimMany(store(), 8)
      const [bad, ...good] = runs
      if (bad === undefined) throw new Error('eight were claimed')
      // A number that is none becomes null in JSON, and the column takes none.
      const broken = store().commit(transcribed(bad, 'lost', { attempts: [UNSTORABLE] }))
      const others = good.map((run) => store().commit(transcribed(run, 'kept')))
      expect(await rejection(broken)).to.be.instanceOf(Error)
      expect(await Promise.all(others)).to.deep.equal(good.map(() => COMMITTED))
      expect((await store().findCall(bad.call.callSid))?.call.final_transcript).to.equal(null)
      expect((await store().findCall(bad.call.callSid))?.run?.artifacts).to.deep.equal([])
      for (const { call } of good)
        expect((await store().findCall(call.callSid))?.call.final_transcript).to.equal('kept')
    })

    it('does not tell what could not be stored', async () => {
      await startRun(store())
      const run = await claimOne(store())
      const error = await rejection(store().commit(transcribed(run, 'a private word', { attempts: [UNSTORABLE] })))
      expect(String(error)).not.to.include('private')
    })

    it('may be committed twice, as when the answer to the first commit was lost', async () => {
      await startRun(store())
      const run = await claimOne(store())
      const step = transcribed(run, 'x', { attempts: [attempt('stt')] })
      expect(await store().commit(step)).to.deep.equal(COMMITTED)
      expect(await store().commit(step)).to.deep.equal(COMMITTED)
      const attempts = await rowsOf(store().database, 'SELECT number FROM attempt WHERE run_id = ?', [run.hold.runId])
      expect(attempts).to.deep.equal([{ number: 1 }])
    })

    it('goes on after a failure', async () => {
      await startRun(store())
      const run = await claimOne(store())
      await rejection(store().commit(transcribed(run, 'x', { attempts: [UNSTORABLE] })))
      expect(await store().commit(transcribed(run, 'x'))).to.deep.equal(COMMITTED)
    })

    it('stores text with NUL, lone surrogates, quotes and any script, in values and in names', async () => {
      await startRun(store())
      const run = await claimOne(store())
      const text = 'a\u0000b \ud83d c \udc00 \ud83d\ude00 "\'\\ שלום {$.x} ? ?? :name'
      const stored = 'ab \ufffd c \ufffd \ud83d\ude00 "\'\\ שלום {$.x} ? ?? :name'
      const error = { code: 'x', message: text, remedy: text }
      expect(
        await store().commit(
          checkpoint(run.hold, {
            stages: [stageState('stt', { reason: text, error })],
            attempts: [attempt('stt', { error })],
            artifacts: [{ stage: 'stt', name: 'transcript', value: { text, [text]: [text] } }],
            call: change(run, { final_transcript: text, extraction: { [text]: text } }),
          }),
        ),
      ).to.deep.equal(COMMITTED)
      const found = await find(store(), 'call')
      expect(found.call.final_transcript).to.equal(stored)
      expect(found.call.extraction).to.deep.equal({ [stored]: stored })
      expect(found.run?.stages[0]?.error?.message).to.equal(stored)
      expect(found.run?.artifacts[0]?.value).to.deep.equal({ text: stored, [stored]: [stored] })
    })

    for (const value of ['text', '"quoted"', 7, true, null, [], ['a', null], {}, { deep: { er: [1.5, 'x'] } }]) {
      it(`gives back the artifact ${JSON.stringify(value)} as it was`, async () => {
        await startRun(store())
        const { hold } = await claimOne(store())
        await store().commit(checkpoint(hold, { artifacts: [{ stage: 'stt', name: 'custom', value }] }))
        expect((await find(store(), 'call')).run?.artifacts).to.deep.equal([{ stage: 'stt', name: 'custom', value }])
      })
    }

    it('replaces the artifact of a stage that ran again', async () => {
      await startRun(store())
      const run = await claimOne(store())
      await store().commit(transcribed(run, 'first'))
      await store().commit(transcribed(run, 'second'))
      const artifacts = (await find(store(), 'call')).run?.artifacts
      expect(artifacts).to.deep.equal([{ stage: 'stt', name: 'transcript', value: { text: 'second' } }])
    })

    it('clears a column that is null, and leaves alone one that is not named', async () => {
      await startRun(store())
      const run = await claimOne(store())
      await store().commit(checkpoint(run.hold, { call: change(run, { summary: 's', extracted_city: 'Haifa' }) }))
      await store().commit(checkpoint(run.hold, { call: change(run, { extracted_city: null }) }))
      expect((await find(store(), 'call')).call).to.include({ summary: 's', extracted_city: null })
    })

    it('writes no columns where the call shows another recording by now', async () => {
      await startRun(store())
      const run = await claimOne(store())
      await store().ingestRecording(
        recordingCallback({
          callSid: run.call.callSid,
          recordingSid: sidOf('RE', 'later'),
          startedAt: '2026-11-22T10:00:00.000Z',
        }),
        PLAN,
      )
      expect(await store().commit(transcribed(run, 'of the earlier one'))).to.deep.equal(COMMITTED)
      expect((await find(store(), 'call')).call).to.include({ final_transcript: null, status: 'recorded' })
      const earlier = await store().findCall(run.call.callSid, run.call.recordingSid)
      expect(earlier?.run?.artifacts).to.have.length(1)
    })

    it('writes no columns where a rerun has taken over', async () => {
      await startRun(store())
      const run = await claimOne(store())
      const earlier = await store().latestRun(run.call.callSid)
      if (earlier === undefined) throw new Error('the run is gone')
      await store().startRerun(earlier, PLAN, [])
      await store().commit(transcribed(run, 'of the earlier run'))
      expect((await find(store(), 'call')).call.final_transcript).to.equal(null)
    })
  })
})

describe('Parts', () => {
  onEachStore((store) => {
    it('are kept per run and stage, and the last value of a key stands', async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      expect(await store().savePart(hold, 'stt', 'slice 1', { text: 'a\u0000' })).to.equal(true)
      expect(await store().savePart(hold, 'stt', 'slice 1', { text: 'b' })).to.equal(true)
      for (const [key, value] of [
        ['text', 'x'],
        ['number', 0],
        ['null', null],
        ['list', [1]],
      ] as const) {
        await store().savePart(hold, 'other', key, value)
      }
      expect([...(await store().partsOf(hold.runId, 'stt'))]).to.deep.equal([['slice 1', { text: 'b' }]])
      expect(Object.fromEntries(await store().partsOf(hold.runId, 'other'))).to.deep.equal({
        text: 'x',
        number: 0,
        null: null,
        list: [1],
      })
      expect(await store().partsOf(hold.runId, 'none')).to.have.property('size', 0)
    })
  })
})

function change({ callId, call }: ClaimedRun, columns: NonNullable<Checkpoint['call']>['columns']): Checkpoint['call'] {
  return { callId, recordingSid: call.recordingSid, columns }
}

/** The commit of a transcript. */
function transcribed(run: ClaimedRun, text: string, changes: Partial<Checkpoint> = {}): Checkpoint {
  return checkpoint(run.hold, {
    claim: 'advance',
    stages: [stageState('stt')],
    artifacts: [{ stage: 'stt', name: 'transcript', value: { text } }],
    call: change(run, { final_transcript: text }),
    ...changes,
  })
}

function decision(run: ClaimedRun, status: 'no_speech'): Checkpoint {
  return checkpoint(run.hold, {
    claim: 'advance',
    decides: { status, reason: 'nobody spoke', error: null },
    stages: [stageState('webhook', { phase: 'final', status: 'pending', attempts: 0, startedMsAgo: null })],
    call: change(run, { status }),
  })
}

async function claimMany(store: Store, count: number): Promise<readonly ClaimedRun[]> {
  for (let number = 0; number < count; number++) await startRun(store, `call ${number}`)
  return await store.claimRuns(await startWorker(store), count)
}

async function find(store: Store, words: string) {
  const found = await store.findCall(sidOf('CA', words))
  if (found === undefined) throw new Error('the call is not there')
  return found
}
