import { expect } from 'chai'
import { rowsOf } from '../../../core/store/database.ts'
import type { Store } from '../../../core/store/store.ts'
import {
  CALL,
  checkpoint,
  claimOne,
  PLAN,
  RECORDING,
  recordingCallback,
  settleRun,
  sidOf,
  stageState,
  startRun,
  statusCallback,
} from '../../support/calls.ts'
import { rejection } from '../../support/rejection.ts'
import { onEachStore } from '../../support/stores.ts'

/** The columns of call_log, as the design fixes them. */
const COLUMNS = `id, call_sid, account_sid, business_id, direction, from_number, to_number, status, call_status,
  duration_sec, recording_sid, recording_url, recording_status, recording_duration_sec, recording_channels,
  final_transcript, transcript_language, transcript_source, summary, extracted_city, extracted_service, extraction,
  error_code, error_message, started_at, ended_at, created_at, updated_at`
  .split(',')
  .map((name) => name.trim())

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

describe('listCalls', () => {
  onEachStore((store) => {
    it('returns exactly the columns of the design, stamps as ISO-8601 text and JSON parsed', async () => {
      await startRun(store())
      await store().ingestStatus(statusCallback({ callSid: sidOf('CA', 'call') }))
      const { hold, callId, call } = await claimOne(store())
      const columns = { extraction: { city: { value: 'חיפה' } } }
      await store().commit(checkpoint(hold, { call: { callId, recordingSid: call.recordingSid, columns } }))
      const { calls } = await store().listCalls({ limit: 10 })
      const [record] = calls
      expect(Object.keys(record ?? {})).to.have.members(COLUMNS)
      expect(record?.extraction).to.deep.equal(columns.extraction)
      for (const stamp of [record?.started_at, record?.ended_at, record?.created_at, record?.updated_at]) {
        expect(stamp).to.match(ISO)
      }
    })

    it('pages through calls that came in the same millisecond, each once, the latest first', async () => {
      await addCalls(store(), 7)
      await rowsOf(store().database, `UPDATE call_log SET created_at = '2026-11-22T09:00:00.000Z'`)
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await store().listCalls({ limit: 3, ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...page.calls.map(({ call_sid }) => call_sid))
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      expect(seen).to.have.length(7)
      expect(new Set(seen)).to.have.property('size', 7)
    })

    it('goes on where the page before ended, whatever has come in meanwhile', async () => {
      await addCalls(store(), 4)
      const first = await store().listCalls({ limit: 2 })
      await addCalls(store(), 2, 'late')
      const second = await store().listCalls({ limit: 2, cursor: first.next ?? '' })
      const sids = [...first.calls, ...second.calls].map(({ call_sid }) => call_sid)
      expect(sids).to.deep.equal([3, 2, 1, 0].map((number) => sidOf('CA', `call ${number}`)))
      expect(second.next).to.equal(null)
    })

    for (const cursor of [
      '',
      'x',
      '!!!',
      encoded('{}'),
      encoded('["a","b"]'),
      encoded('[1,2]'),
      encoded('null'),
      encoded(`["2026-11-22T09:00:00.000Z","${'-'.repeat(36)}"]`),
    ]) {
      it(`refuses the cursor "${cursor}"`, async () => {
        expect(await rejection(store().listCalls({ limit: 2, cursor }))).to.be.instanceOf(RangeError)
      })
    }

    it('refuses a cursor that looks like one, but holds no date', async () => {
      const cursor = encoded('["2026-99-99T99:99:99.999Z","00000000-0000-4000-8000-000000000000"]')
      expect(await rejection(store().listCalls({ limit: 2, cursor }))).to.be.instanceOf(RangeError)
    })

    it('finds text as it stands, with % and _ and \\ as ordinary characters', async () => {
      await addCalls(store(), 3)
      await rename(store(), 0, '100% off_season C:\\calls')
      await rename(store(), 1, '100 percent offXseason')
      for (const q of ['100%', 'OFF_season', 'c:\\calls']) {
        const { calls } = await store().listCalls({ limit: 10, q })
        expect(
          calls.map(({ summary }) => summary),
          q,
        ).to.deep.equal(['100% off_season C:\\calls'])
      }
      expect((await store().listCalls({ limit: 10, q: "' OR 1=1 --" })).calls).to.deep.equal([])
    })

    it('finds a call by its numbers, SID, transcript, city and service', async () => {
      await store().ingestStatus(statusCallback())
      await rowsOf(
        store().database,
        `UPDATE call_log SET final_transcript = 'צריך אינסטלטור', extracted_city = 'Haifa', extracted_service = 'plumber'`,
      )
      for (const q of ['0501234567'.slice(1), '7231234567', CALL.toLowerCase(), 'אינסטלטור', 'haifa', 'PLUMB']) {
        expect((await store().listCalls({ limit: 10, q })).calls, q).to.have.length(1)
      }
      expect((await store().listCalls({ limit: 10, q: 'electrician' })).calls).to.deep.equal([])
    })

    it('filters by status', async () => {
      await addCalls(store(), 2)
      await claimOne(store())
      const processing = await store().listCalls({ limit: 10, status: 'processing' })
      expect(processing.calls).to.have.length(1)
      expect((await store().listCalls({ limit: 10, status: 'failed' })).calls).to.deep.equal([])
    })

    it('answers the query that other programs make', async () => {
      await startRun(store())
      const { hold, callId, call } = await claimOne(store())
      const columns = { final_transcript: 'hello', recording_url: 'https://x/y', extracted_city: 'Haifa' }
      await store().commit(checkpoint(hold, { call: { callId, recordingSid: call.recordingSid, columns } }))
      const [row] = await rowsOf<Record<string, unknown>>(
        store().database,
        `SELECT recording_sid, recording_url, LENGTH(final_transcript) AS chars, extracted_city, extracted_service
         FROM call_log ORDER BY created_at DESC LIMIT 3`,
      )
      expect({ ...row }).to.deep.equal({
        recording_sid: sidOf('RE', 'call'),
        recording_url: 'https://x/y',
        chars: 5,
        extracted_city: 'Haifa',
        extracted_service: null,
      })
    })
  })
})

describe('findCall', () => {
  onEachStore((store) => {
    it('finds nothing where there is no such call', async () => {
      expect(await store().findCall(CALL)).to.equal(undefined)
    })

    it('finds a call that has no recording', async () => {
      await store().ingestStatus(statusCallback())
      expect((await store().findCall(CALL))?.run).to.equal(null)
    })

    it('shows the run with its stages and artifacts', async () => {
      await startRun(store())
      await settleRun(store(), await claimOne(store()))
      const run = (await store().findCall(sidOf('CA', 'call')))?.run
      expect(run).to.include({ status: 'settled', outcome: 'completed' })
      expect(run?.settled_at).to.match(ISO)
      expect(run?.stages.map(({ id, status }) => [id, status])).to.have.deep.members([
        ['stt', 'done'],
        ['webhook', 'done'],
      ])
      expect(run?.artifacts).to.deep.equal([{ stage: 'stt', name: 'transcript', value: { text: 'שלום' } }])
    })

    it('shows the error of a stage, and until when it waits', async () => {
      await startRun(store())
      const { hold } = await claimOne(store())
      const error = { code: 'retryable', message: 'busy "now"', remedy: 'wait' }
      const stages = [stageState('stt', { status: 'waiting', error, dueInMs: 60_000, finishedMsAgo: null })]
      await store().commit(checkpoint(hold, { stages }))
      const [stage] = (await store().findCall(sidOf('CA', 'call')))?.run?.stages ?? []
      expect(stage?.error).to.deep.equal(error)
      expect(stage?.due_at).to.match(ISO)
      expect(stage?.finished_at).to.equal(null)
    })

    it('does not show a recording of another call', async () => {
      await store().ingestRecording(recordingCallback(), PLAN)
      await store().ingestStatus(statusCallback({ callSid: sidOf('CA', 'other') }))
      expect((await store().findCall(sidOf('CA', 'other'), RECORDING))?.run).to.equal(null)
    })
  })
})

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url')
}

async function addCalls(store: Store, count: number, words = 'call'): Promise<void> {
  for (let number = 0; number < count; number++) await startRun(store, `${words} ${number}`)
}

async function rename(store: Store, number: number, summary: string): Promise<void> {
  await rowsOf(store.database, 'UPDATE call_log SET summary = ? WHERE call_sid = ?', [
    summary,
    sidOf('CA', `call ${number}`),
  ])
}
