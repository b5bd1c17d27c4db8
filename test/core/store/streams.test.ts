import { expect } from 'chai'
import fc from 'fast-check'
import { rowsOf } from '../../../core/store/database.ts'
import type { Store } from '../../../core/store/store.ts'
import { decideOnStream } from '../../../core/store/stream-decision.ts'
import { ACCOUNT, CALL, PLAN, RECORDING, recordingCallback, sidOf, statusCallback } from '../../support/calls.ts'
import { onEachStore } from '../../support/stores.ts'

const STREAM = sidOf('RE', 'stream')
const WAITS = { graceMs: 3_600_000, quietMs: 3_600_000, patienceMs: 3_600_000 }
const NO_WAITS = { graceMs: 0, quietMs: 0, patienceMs: 0 }
const finished = {
  callSid: CALL,
  accountSid: ACCOUNT,
  recordingSid: STREAM,
  file: '/data/streams/x.wav',
  durationSec: 12.5,
  channels: 2,
}

describe('decideOnStream', () => {
  const waits = { graceMs: 10, quietMs: 100, patienceMs: 1_000 }
  for (const [what, callStatus, twilio, wait] of [
    ['over, and nothing is known', 'completed', 'unknown', 10],
    ['over without being answered', 'no-answer', 'unknown', 10],
    ['over, and Twilio has no recording', 'completed', 'refused', 0],
    ['over, and a recording is in progress', 'completed', 'in-progress', 1_000],
    ['going on', 'in-progress', 'unknown', 1_000],
    ['going on, and Twilio has no recording so far', 'in-progress', 'refused', 1_000],
    ['not known at all', null, 'unknown', 100],
    ['not known, but a recording is in progress', null, 'in-progress', 1_000],
  ] as const) {
    it(`waits ${wait} ms where the call is ${what}`, () => {
      expect(decideOnStream({ callStatus, twilio, waitsMs: wait }, waits)).to.equal('promote')
      expect(decideOnStream({ callStatus, twilio, waitsMs: wait - 1 }, waits)).to.equal('wait')
    })
  }

  it('never prefers a stream to a recording of Twilio', () => {
    fc.assert(
      fc.property(fc.option(fc.string()), fc.nat(), (callStatus, waitsMs) => {
        expect(decideOnStream({ callStatus, twilio: 'completed', waitsMs }, NO_WAITS)).to.equal('superseded')
      }),
    )
  })
})

describe('ingestStream', () => {
  onEachStore((store) => {
    const call = async () => (await store().findCall(CALL))?.call
    const runs = () => rowsOf<{ recording_sid: string }>(store().database, 'SELECT recording_sid FROM run')
    const settle = (given: Store) => given.promoteStreams(PLAN, NO_WAITS)

    it('makes the call, and a recording that has no run yet', async () => {
      expect(await store().ingestStream(finished)).to.equal('stored')
      expect(await call()).to.include({ status: 'received', account_sid: ACCOUNT, recording_sid: null })
      expect(await runs()).to.deep.equal([])
    })

    it('changes nothing a second time', async () => {
      await store().ingestStream(finished)
      expect(await store().ingestStream({ ...finished, file: '/another' })).to.equal('repeated')
      await settle(store())
      expect(await store().ingestStream(finished)).to.equal('repeated')
      expect(await runs()).to.have.length(1)
    })

    it('takes back that a call that is over has no recording', async () => {
      await store().ingestStatus(statusCallback())
      expect(await call()).to.include({ status: 'no_recording' })
      await store().ingestStream(finished)
      expect(await call()).to.include({ status: 'received' })
    })

    it('gets a run and is shown, where it is all there is', async () => {
      await store().ingestStream(finished)
      await store().ingestStatus(statusCallback())
      const [promoted, ...others] = await settle(store())
      expect(others).to.deep.equal([])
      expect(promoted).to.include({ callSid: CALL, recordingSid: STREAM })
      expect(await call()).to.include({
        status: 'recorded',
        recording_sid: STREAM,
        recording_status: 'completed',
        recording_duration_sec: 12.5,
        recording_channels: 2,
      })
      expect(await settle(store())).to.deep.equal([])
    })

    it('gets one run, though several workers look at once', async () => {
      await store().ingestStream(finished)
      const all = await Promise.all([1, 2, 3, 4].map(() => settle(store())))
      expect(all.flat()).to.have.length(1)
      expect(await runs()).to.have.length(1)
    })

    it('waits, from the end of the call on', async () => {
      await store().ingestStream(finished)
      expect(await store().promoteStreams(PLAN, WAITS)).to.deep.equal([])
      await rowsOf(store().database, `UPDATE recording SET waits_since = '2020-01-01T00:00:00.000Z'`)
      await store().ingestStatus(statusCallback())
      expect(await store().promoteStreams(PLAN, WAITS)).to.deep.equal([])
    })

    it('waits no longer where Twilio has no recording', async () => {
      await store().ingestStream(finished)
      await store().ingestStatus(statusCallback())
      await store().ingestRecording(recordingCallback({ status: 'absent', errorCode: '16101' }), PLAN)
      expect(await call()).to.include({ error_code: '16101' })
      expect(await store().promoteStreams(PLAN, WAITS)).to.have.length(1)
      expect(await call()).to.include({ recording_sid: STREAM, error_code: null, status: 'recorded' })
    })

    it('never gets a run where Twilio has a recording', async () => {
      await store().ingestRecording(recordingCallback(), PLAN)
      await store().ingestStream(finished)
      expect(await settle(store())).to.deep.equal([])
      expect(await call()).to.include({ recording_sid: RECORDING })
      expect(await runs()).to.deep.equal([{ recording_sid: RECORDING }])
    })

    it('is shown no more once a recording of Twilio is there, though that began earlier; and not less by one that fails', async () => {
      await store().ingestStream(finished)
      await settle(store())
      await store().ingestRecording(recordingCallback({ status: 'failed' }), PLAN)
      expect(await call()).to.include({ recording_sid: STREAM })
      const late = recordingCallback({ recordingSid: sidOf('RE', 'late'), startedAt: '2020-01-01T00:00:00.000Z' })
      expect((await store().ingestRecording(late, PLAN)).kind).to.equal('started')
      expect(await call()).to.include({ recording_sid: late.recordingSid })
      expect(await runs()).to.have.length(2)
    })

    it('has a file that is spent only once a settled run has stored it', async () => {
      await store().ingestStream(finished)
      expect(await store().spentStreams()).to.deep.equal([])
      const [promoted] = await settle(store())
      if (promoted === undefined) throw new Error('it got no run')
      expect(await store().spentStreams()).to.deep.equal([])
      await rowsOf(store().database, `UPDATE run SET status = 'settled', outcome = 'failed'`)
      expect(await store().spentStreams(), 'a run that stored nothing').to.deep.equal([])
      const knex = store().database.knex
      await knex('artifact').insert({
        run_id: promoted.runId,
        stage_id: 'recording-store',
        name: 'recording',
        value: '{}',
        created_at: '2026-11-22T09:00:00.000Z',
      })
      expect(await store().spentStreams()).to.deep.equal([{ recordingSid: STREAM, file: finished.file }])
      await store().forgetStreamFile(STREAM)
      expect(await store().spentStreams()).to.deep.equal([])
    })
  })
})
