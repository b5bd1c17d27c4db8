import { expect } from 'chai'
import fc from 'fast-check'
import type { CallRecord } from '../../../core/store/calls.ts'
import { rowsOf } from '../../../core/store/database.ts'
import type { RecordingCallback } from '../../../core/store/recording-callbacks.ts'
import type { StatusCallback } from '../../../core/store/status-callbacks.ts'
import type { Store } from '../../../core/store/store.ts'
import {
  ACCOUNT,
  CALL,
  checkpoint,
  claimOne,
  PLAN,
  RECORDING,
  recordingCallback,
  sidOf,
  statusCallback,
} from '../../support/calls.ts'
import { rejection } from '../../support/rejection.ts'
import { onEachStore } from '../../support/stores.ts'

describe('ingestRecording', () => {
  onEachStore((store) => {
    it('commits callback, call, recording and run', async () => {
      const ingested = await store().ingestRecording(recordingCallback(), PLAN)
      expect(ingested.kind).to.equal('started')
      expect(await counts(store())).to.deep.equal({ callback: 1, call_log: 1, recording: 1, run: 1, plan: 1 })
      const { call, run } = await found(store())
      expect(call).to.include({
        call_sid: CALL,
        account_sid: ACCOUNT,
        status: 'recorded',
        recording_sid: RECORDING,
        recording_status: 'completed',
        recording_duration_sec: 42,
        recording_channels: 2,
        error_code: null,
      })
      expect(run).to.include({ status: 'queued', outcome: null, recording_sid: RECORDING })
      expect(run?.plan).to.deep.equal(PLAN.spec)
    })

    it('does nothing for a repetition', async () => {
      await store().ingestRecording(recordingCallback(), PLAN)
      const before = await found(store())
      expect(await store().ingestRecording(recordingCallback({ durationSec: 7 }), PLAN)).to.deep.equal({
        kind: 'repeated',
      })
      expect(await found(store())).to.deep.equal(before)
    })

    it('starts one run when five copies arrive at once', async () => {
      const ingested = await Promise.all([1, 2, 3, 4, 5].map(() => store().ingestRecording(recordingCallback(), PLAN)))
      expect(ingested.map(({ kind }) => kind).sort()).to.deep.equal([
        'repeated',
        'repeated',
        'repeated',
        'repeated',
        'started',
      ])
      expect(await counts(store())).to.include({ callback: 1, run: 1 })
    })

    it('takes different callbacks of one call that arrive at once', async () => {
      await Promise.all([
        store().ingestRecording(recordingCallback({ status: 'in-progress' }), PLAN),
        store().ingestRecording(recordingCallback(), PLAN),
        store().ingestStatus(statusCallback()),
        store().ingestStatus(statusCallback({ callStatus: 'ringing', sequenceNumber: 1 })),
      ])
      expect(await counts(store())).to.include({ callback: 4, call_log: 1, recording: 1, run: 1 })
      expect((await found(store())).call).to.include({ status: 'recorded', call_status: 'completed' })
    })

    it('starts no run while the recording is in progress', async () => {
      const ingested = await store().ingestRecording(
        recordingCallback({ status: 'in-progress', durationSec: null }),
        PLAN,
      )
      expect(ingested).to.deep.equal({ kind: 'stored' })
      const { call, run } = await found(store())
      expect(call).to.include({ status: 'received', recording_sid: RECORDING, recording_status: 'in-progress' })
      expect(run).to.equal(null)
    })

    it('keeps a completed recording complete when "in-progress" comes late', async () => {
      await store().ingestRecording(recordingCallback(), PLAN)
      const before = await found(store())
      const late = recordingCallback({ status: 'in-progress', durationSec: null })
      expect(await store().ingestRecording(late, PLAN)).to.deep.equal({ kind: 'stored' })
      const after = await found(store())
      expect(comparable(after.call)).to.deep.equal(comparable(before.call))
      expect(after.run).to.deep.equal(before.run)
    })

    it('keeps what an earlier callback said of a recording, where a later one leaves it out', async () => {
      await store().ingestRecording(recordingCallback({ status: 'in-progress', durationSec: null, channels: 2 }), PLAN)
      await store().ingestRecording(recordingCallback({ channels: null }), PLAN)
      expect((await found(store())).call).to.include({ recording_channels: 2, recording_duration_sec: 42 })
    })

    it('says no_recording, with the reason, of a recording that is absent', async () => {
      await store().ingestRecording(
        recordingCallback({ status: 'absent', durationSec: null, errorCode: '16101' }),
        PLAN,
      )
      expect((await found(store())).call).to.include({
        status: 'no_recording',
        recording_status: 'absent',
        error_code: '16101',
      })
    })

    it('takes a recording after all, when one comes after "absent"', async () => {
      await store().ingestRecording(recordingCallback({ status: 'absent', errorCode: '16102' }), PLAN)
      const second = recordingCallback({ recordingSid: sidOf('RE', 'second') })
      expect((await store().ingestRecording(second, PLAN)).kind).to.equal('started')
      expect((await found(store())).call).to.include({ status: 'recorded', error_code: null })
    })

    it('gives each recording of a call a run, and shows the one that began last', async () => {
      const first = recordingCallback({ recordingSid: sidOf('RE', 'first'), startedAt: '2026-11-22T09:00:00.000Z' })
      const last = recordingCallback({ recordingSid: sidOf('RE', 'last'), startedAt: '2026-11-22T09:10:00.000Z' })
      const middle = recordingCallback({ recordingSid: sidOf('RE', 'middle'), startedAt: '2026-11-22T09:05:00.000Z' })
      for (const callback of [first, last, middle]) {
        expect((await store().ingestRecording(callback, PLAN)).kind).to.equal('started')
      }
      const { call, run } = await found(store())
      expect(call.recording_sid).to.equal(last.recordingSid)
      expect(run?.recording_sid).to.equal(last.recordingSid)
      const other = await store().findCall(CALL, middle.recordingSid)
      expect(other?.run?.recording_sid).to.equal(middle.recordingSid)
    })

    it('shows the latest arrival where nobody says when the recordings began', async () => {
      const [first, second] = ['one', 'two'].map((words) =>
        recordingCallback({ recordingSid: sidOf('RE', words), startedAt: null }),
      )
      if (first === undefined || second === undefined) throw new Error('two were made')
      await store().ingestRecording(first, PLAN)
      await store().ingestRecording(second, PLAN)
      expect((await found(store())).call.recording_sid).to.equal(second.recordingSid)
    })

    it('shows nothing of an earlier recording beside a later one', async () => {
      await store().ingestRecording(recordingCallback({ recordingSid: sidOf('RE', 'first') }), PLAN)
      const { hold, callId, call } = await claimOne(store())
      const columns = {
        recording_url: '/recordings/first.wav',
        final_transcript: 'hello',
        transcript_language: 'en',
        transcript_source: 'twilio',
        summary: 'A greeting.',
        extracted_city: 'Haifa',
        extracted_service: 'plumber',
        extraction: { city: 'Haifa' },
      }
      await store().commit(checkpoint(hold, { call: { callId, recordingSid: call.recordingSid, columns } }))
      expect((await found(store())).call).to.deep.include(columns)
      const startedAt = '2026-11-22T09:10:00.000Z'
      const second = recordingCallback({ recordingSid: sidOf('RE', 'second'), startedAt })
      await store().ingestRecording({ ...second, status: 'in-progress' }, PLAN)
      expect((await found(store())).call).to.deep.include(columns)
      await store().ingestRecording(second, PLAN)
      const nothing = Object.fromEntries(Object.keys(columns).map((name) => [name, null]))
      expect((await found(store())).call).to.deep.include({
        ...nothing,
        status: 'recorded',
        recording_sid: second.recordingSid,
      })
    })

    it('keeps a payload with NUL and lone surrogates', async () => {
      const payload = { CallSid: CALL, CallerName: 'a\u0000b\ud800c' }
      expect((await store().ingestRecording(recordingCallback({ payload }), PLAN)).kind).to.equal('started')
    })

    it('leaves nothing behind when the run cannot be made', async () => {
      const broken = { hash: 'broken', spec: undefined }
      await rejection(store().ingestRecording(recordingCallback(), broken))
      expect(await counts(store())).to.deep.equal({ callback: 0, call_log: 0, recording: 0, run: 0, plan: 0 })
      expect((await store().ingestRecording(recordingCallback(), PLAN)).kind).to.equal('started')
    })
  })
})

describe('ingestStatus', () => {
  onEachStore((store) => {
    it('keeps what Twilio says of the call', async () => {
      await store().ingestStatus(statusCallback())
      expect((await found(store())).call).to.include({
        status: 'no_recording',
        call_status: 'completed',
        direction: 'inbound',
        from_number: '+972501234567',
        to_number: '+97231234567',
        duration_sec: 60,
        started_at: '2026-11-22T09:00:00.000Z',
        ended_at: '2026-11-22T09:01:00.000Z',
      })
    })

    it('does nothing for a repetition', async () => {
      await store().ingestStatus(statusCallback())
      expect(await store().ingestStatus(statusCallback({ durationSec: 1 }))).to.deep.equal({ kind: 'repeated' })
      expect((await found(store())).call.duration_sec).to.equal(60)
    })

    it('finds the business by the numbers that the call shows, whatever a later callback says', async () => {
      await addBusiness(store(), '+97231234567')
      await store().ingestStatus(statusCallback({ callStatus: 'ringing', sequenceNumber: 1, to: '+97239999999' }))
      await store().ingestStatus(statusCallback())
      expect((await found(store())).call).to.include({ to_number: '+97239999999', business_id: null })
    })

    it('does not take a call back from its end', async () => {
      await store().ingestStatus(statusCallback({ callStatus: 'no-answer', durationSec: 0 }))
      await store().ingestStatus(statusCallback({ callStatus: 'ringing', sequenceNumber: 1, durationSec: null }))
      expect((await found(store())).call).to.include({ call_status: 'no-answer', status: 'no_recording' })
    })

    it('waits for a recording that is in progress when the call ends', async () => {
      await store().ingestRecording(recordingCallback({ status: 'in-progress' }), PLAN)
      await store().ingestStatus(statusCallback())
      expect((await found(store())).call.status).to.equal('received')
    })

    for (const [direction, called] of [
      ['inbound', { to: '+97231234567' }],
      ['outbound-api', { from: '+97231234567' }],
    ] as const) {
      it(`finds the business of an ${direction} call by its own number, and by no other`, async () => {
        const business = await addBusiness(store(), '+97231234567')
        const others = { from: '+12025550100', to: '+12025550101' }
        await store().ingestStatus(statusCallback({ direction, ...others, ...called }))
        expect((await found(store())).call.business_id).to.equal(business)
        const callSid = sidOf('CA', 'stranger')
        await store().ingestStatus(statusCallback({ callSid, direction, ...others }))
        expect((await store().findCall(callSid))?.call.business_id).to.equal(null)
      })
    }
  })
})

describe('The callbacks of a call', () => {
  onEachStore((store) => {
    it('end in the same row, in whatever order and however often they come', async () => {
      const expected = await rowAfter(store(), CALLBACKS)
      const orders = fc
        .shuffledSubarray([...CALLBACKS], { minLength: CALLBACKS.length, maxLength: CALLBACKS.length })
        .chain((all) => fc.tuple(fc.constant(all), fc.array(fc.constantFrom(...CALLBACKS), { maxLength: 6 })))
        .map(([all, more]) => [...all, ...more])
      await fc.assert(
        fc.asyncProperty(orders, async (order) => {
          await rowsOf(store().database, 'DELETE FROM call_log')
          await rowsOf(store().database, 'DELETE FROM callback')
          expect(await rowAfter(store(), order)).to.deep.equal(expected)
        }),
        { numRuns: 40 },
      )
    })
  })
})

describe('ingestLocal', () => {
  onEachStore((store) => {
    const local = { callSid: CALL, recordingSid: RECORDING, source: 'file', file: '/calls/one.wav' } as const

    it('makes a run that its owner holds, and nobody else gets', async () => {
      const owner = sidOf('AC', 'owner')
        .slice(2)
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
      const runId = await store().ingestLocal(local, PLAN, owner)
      expect(await store().claimRuns(owner, 5)).to.deep.equal([])
      const [run] = await store().loadRuns([{ runId, epoch: 1, owner }])
      expect(run?.call).to.include({ source: 'file', file: '/calls/one.wav', callSid: CALL })
      expect((await found(store())).call.status).to.equal('processing')
    })

    it('makes a new run of the same call for the same file', async () => {
      const owner = '00000000-0000-4000-8000-000000000001'
      const first = await store().ingestLocal(local, PLAN, owner)
      const second = await store().ingestLocal(local, PLAN, owner)
      expect(second).to.not.equal(first)
      expect(await counts(store())).to.include({ call_log: 1, recording: 1, run: 2 })
      expect((await found(store())).run?.id).to.equal(second)
    })
  })
})

type Callback = { readonly recording: RecordingCallback } | { readonly status: StatusCallback }

/** A call that was recorded twice, with a first recording that came to nothing. */
const CALLBACKS: readonly Callback[] = [
  { status: statusCallback({ callStatus: 'initiated', sequenceNumber: 0, durationSec: null, at: minute(0) }) },
  { status: statusCallback({ callStatus: 'ringing', sequenceNumber: 1, durationSec: null, at: minute(1) }) },
  { status: statusCallback({ callStatus: 'in-progress', sequenceNumber: 2, durationSec: null, at: minute(2) }) },
  { status: statusCallback({ callStatus: 'completed', sequenceNumber: 3, at: minute(9) }) },
  { recording: ofRecording('a', 'in-progress', minute(2)) },
  { recording: ofRecording('a', 'absent', minute(2)) },
  { recording: ofRecording('b', 'in-progress', minute(3)) },
  { recording: ofRecording('b', 'completed', minute(3)) },
  { recording: ofRecording('c', 'in-progress', minute(5)) },
  { recording: ofRecording('c', 'completed', minute(5)) },
]

function minute(number: number): string {
  return `2026-11-22T09:0${number}:00.000Z`
}

function ofRecording(words: string, status: RecordingCallback['status'], startedAt: string): RecordingCallback {
  return recordingCallback({
    recordingSid: sidOf('RE', words),
    status,
    startedAt,
    durationSec: status === 'completed' ? 90 : null,
    errorCode: status === 'absent' ? '16101' : null,
  })
}

async function rowAfter(store: Store, callbacks: readonly Callback[]) {
  for (const callback of callbacks) {
    if ('status' in callback) await store.ingestStatus(callback.status)
    else await store.ingestRecording(callback.recording, PLAN)
  }
  const { run, callback, recording } = await counts(store)
  return { ...comparable((await found(store)).call), run, callback, recording }
}

/** A row without what differs from one ingestion to the next. */
function comparable({ id: _id, created_at: _created, updated_at: _updated, ...row }: CallRecord) {
  return row
}

async function found(store: Store) {
  const call = await store.findCall(CALL)
  if (call === undefined) throw new Error('the call is not there')
  return call
}

async function counts(store: Store): Promise<Record<string, number>> {
  const entries = await Promise.all(
    ['callback', 'call_log', 'recording', 'run', 'plan'].map(async (table): Promise<[string, number]> => {
      const [row] = await rowsOf<{ count: number | string }>(store.database, `SELECT COUNT(*) AS count FROM ${table}`)
      return [table, Number(row?.count)]
    }),
  )
  return Object.fromEntries(entries)
}

async function addBusiness(store: Store, phone: string): Promise<string> {
  const id = '00000000-0000-4000-8000-00000000000b'
  const stamp = '2026-11-22T09:00:00.000Z'
  await rowsOf(store.database, 'INSERT INTO business (id, name, created_at, updated_at) VALUES (?, ?, ?, ?)', [
    id,
    'Plumbers',
    stamp,
    stamp,
  ])
  await rowsOf(store.database, 'INSERT INTO business_phone (business_id, phone_e164) VALUES (?, ?)', [id, phone])
  return id
}
