import { expect } from 'chai'
import fc from 'fast-check'
import type { CallRecord } from '../../../core/store/calls.ts'
import { rowsOf } from '../../../core/store/database.ts'
import type { RecordingCallback } from '../../../core/store/recording-callbacks.ts'
import type { StatusCallback } from '../../../core/store/status-callbacks.ts'
import type { Store } from '../../../core/store/store.ts'
import { ACCOUNT, CALL, PLAN, recordingCallback, sidOf, statusCallback } from '../../support/calls.ts'
import { onEachStore } from '../../support/stores.ts'

type News = (store: Store) => Promise<unknown>

const voice: News = (store) =>
  store.ingestVoice(
    {
      accountSid: ACCOUNT,
      callSid: CALL,
      callStatus: 'ringing',
      direction: 'inbound',
      from: '+972501234567',
      to: '+97231234567',
      payload: {},
    },
    () => 'dial',
  )

const status =
  (callStatus: string, sequenceNumber: number | null, changes: Partial<StatusCallback> = {}): News =>
  (store) =>
    store.ingestStatus(
      statusCallback({ callStatus, sequenceNumber, at: minute(sequenceNumber ?? 0), durationSec: null, ...changes }),
    )

const leg =
  (callStatus: string, sequenceNumber: number): News =>
  (store) =>
    store.ingestStatus(
      statusCallback({
        callSid: sidOf('CA', 'leg'),
        parentCallSid: CALL,
        from: '+1',
        to: '+2',
        callStatus,
        sequenceNumber,
      }),
    )

const recording =
  (words: string, word: RecordingCallback['status'], changes: Partial<RecordingCallback> = {}): News =>
  (store) =>
    store.ingestRecording(
      recordingCallback({
        recordingSid: sidOf('RE', words),
        status: word,
        startedAt: words === 'first' ? minute(2) : minute(5),
        durationSec: word === 'completed' ? 90 : null,
        ...changes,
      }),
      PLAN,
    )

function minute(number: number): string {
  return `2026-11-22T09:0${number}:00.000Z`
}

const BEGINNING = [voice, status('initiated', 0), status('ringing', 1), status('in-progress', 2)]
const END = status('completed', 3, { durationSec: 60 })

/** What Twilio may tell of a call, and how its row ends. */
const CALLS: Readonly<Record<string, readonly [news: readonly News[], ends: Partial<CallRecord>]>> = {
  'that was recorded twice': [
    [
      ...BEGINNING,
      leg('in-progress', 2),
      leg('completed', 3),
      END,
      recording('first', 'in-progress'),
      recording('first', 'completed'),
      recording('second', 'in-progress'),
      recording('second', 'completed'),
    ],
    { status: 'recorded', call_status: 'completed', recording_sid: sidOf('RE', 'second'), error_code: null },
  ],
  'whose second recording came to nothing': [
    [
      ...BEGINNING,
      END,
      recording('first', 'completed'),
      recording('second', 'in-progress'),
      recording('second', 'absent', { errorCode: '16102' }),
    ],
    { status: 'recorded', recording_sid: sidOf('RE', 'first'), error_code: null, error_message: null },
  ],
  'that was too short to be recorded': [
    [...BEGINNING, END, recording('first', 'in-progress'), recording('first', 'absent', { errorCode: '16101' })],
    {
      status: 'no_recording',
      recording_status: 'absent',
      error_code: '16101',
      error_message: 'The recording was too short to be kept: the call ended just as it was answered.',
    },
  ],
  'whose recording failed for a reason that nobody has described': [
    [...BEGINNING, END, recording('first', 'failed', { errorCode: '16999' })],
    {
      status: 'no_recording',
      recording_status: 'failed',
      error_message: 'The recording failed at Twilio. See https://www.twilio.com/docs/api/errors/16999',
    },
  ],
  'that nobody answered': [
    [...BEGINNING, END, leg('ringing', 1), leg('no-answer', 2)],
    { status: 'no_recording', call_status: 'completed', recording_sid: null },
  ],
  'with two ends': [
    [...BEGINNING, END, status('busy', 4)],
    { status: 'no_recording', call_status: 'busy', ended_at: minute(4), duration_sec: 60 },
  ],
  'whose statuses have no sequence': [
    [voice, status('ringing', null), status('in-progress', null), status('canceled', null)],
    { status: 'no_recording', call_status: 'canceled' },
  ],
  'that is still on': [
    [...BEGINNING, recording('first', 'in-progress')],
    { status: 'received', call_status: 'in-progress', recording_status: 'in-progress' },
  ],
}

describe('All that Twilio tells of a call', () => {
  onEachStore((store) => {
    for (const [what, [news, ends]] of Object.entries(CALLS)) {
      it(`ends in the same row in any order and number, for one ${what}`, async () => {
        const expected = await rowAfter(store(), news)
        expect(expected.call).to.include(ends)
        const orders = fc
          .shuffledSubarray([...news], { minLength: news.length, maxLength: news.length })
          .chain((all) => fc.tuple(fc.constant(all), fc.array(fc.constantFrom(...news), { maxLength: 5 })))
          .map(([all, more]) => [...all, ...more])
        await fc.assert(
          fc.asyncProperty(orders, async (order) => {
            expect(await rowAfter(store(), order)).to.deep.equal(expected)
          }),
          { numRuns: 15 },
        )
      })

      it(`ends in the same row when all of it comes at once, five times, for one ${what}`, async () => {
        const expected = await rowAfter(store(), news)
        expect(await rowAfter(store(), news, 'at once')).to.deep.equal(expected)
      })
    }
  })
})

describe('ingestStatus, of statuses that contradict each other', () => {
  onEachStore((store) => {
    it('believes the one with the higher sequence', async () => {
      await status('in-progress', 2)(store())
      await status('ringing', 1)(store())
      expect((await found(store())).call_status).to.equal('in-progress')
    })

    it('believes no status after an end', async () => {
      await status('completed', 3)(store())
      await status('in-progress', 9)(store())
      expect((await found(store())).call_status).to.equal('completed')
    })
  })
})

async function rowAfter(store: Store, news: readonly News[], how: 'in turn' | 'at once' = 'in turn') {
  for (const table of ['call_log', 'callback', 'plan']) await rowsOf(store.database, `DELETE FROM ${table}`)
  if (how === 'at once') await Promise.all([1, 2, 3, 4, 5].flatMap(() => news.map((one) => one(store))))
  else for (const one of news) await one(store)
  await store.closeUnrecorded(-1_000)
  const { id: _id, created_at: _created, updated_at: _updated, ...call } = await found(store)
  return { call, callbacks: await count(store, 'callback'), runs: await count(store, 'run') }
}

async function found(store: Store): Promise<CallRecord> {
  const call = (await store.findCall(CALL))?.call
  if (call === undefined) throw new Error('the call is not there')
  return call
}

async function count(store: Store, table: string): Promise<number> {
  const [row] = await rowsOf<{ count: number | string }>(store.database, `SELECT COUNT(*) AS count FROM ${table}`)
  return Number(row?.count)
}
