import { expect } from 'chai'
import { rowsOf } from '../../../core/store/database.ts'
import { sync } from '../../../core/sync/sync.ts'
import { type NewRecording, startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { PLAN, recordingCallback, sidOf } from '../../support/calls.ts'
import { rejection } from '../../support/rejection.ts'
import { onEachStore } from '../../support/stores.ts'
import { SHORT_RECORDING } from '../../support/surroundings.ts'
import { apiOf, HOUR_MS, syncNow, syncOptions } from '../../support/sync.ts'

const CALLER = '+972501234567'
const CALLED = '+97231234567'

describe('sync', () => {
  onEachStore((store) => {
    let twilio: TwilioSandbox

    beforeEach(async () => {
      twilio = await startTwilioSandbox()
    })
    afterEach(() => twilio.close())

    /** A call that ended so many hours ago, and whose recording Twilio has. */
    async function recorded(words: string, hoursAgo: number, recording: Partial<NewRecording> = {}): Promise<string> {
      const [callSid, recordingSid] = [sidOf('CA', words), sidOf('RE', words)]
      const startedAt = new Date(Date.now() - hoursAgo * HOUR_MS)
      twilio.addCall(callSid, { from: CALLER, to: CALLED, startedAt, durationSec: 60 })
      await twilio.addRecording(recordingSid, { audio: SHORT_RECORDING, callSid, startedAt, ...recording })
      return recordingSid
    }
    const options = () => syncOptions(store(), apiOf(twilio))
    const runs = () => rowsOf<{ recording_sid: string }>(store().database, 'SELECT recording_sid FROM run')
    const cursor = async () => (await store().syncStanding(twilio.accountSid)).cursor
    /** Asks Twilio only once it is told to. */
    function slowApi() {
      const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const api = apiOf(twilio)
      const recordingsSince = async function* (since: Date, signal: AbortSignal) {
        asked.resolve()
        await answer.promise
        yield* api.recordingsSince(since, signal)
      }
      return { api: { ...api, recordingsSince }, asked: asked.promise, answer: answer.resolve }
    }
    /** As if the last sync had ended so many hours ago. */
    async function lastSync(hoursAgo: number): Promise<string> {
      const at = new Date(Date.now() - hoursAgo * HOUR_MS).toISOString()
      const lease = { accountSid: twilio.accountSid, owner: '018f0000-0000-7000-8000-000000000000' }
      await store().beginSync(lease, { kind: 'asked' })
      await store().endSync(lease, { cursor: at, dueInMs: 0 })
      return at
    }

    it('finds everything after an outage of days, page by page, and knows whose calls they are', async () => {
      await lastSync(72)
      const lost = await Promise.all([70, 50, 30, 20, 2].map((hours) => recorded(`${hours}`, hours)))
      const pages: number[] = []
      const summary = await syncNow(options(), { progress: (soFar) => pages.push(soFar.seen) })
      expect(summary).to.deep.include({ pages: 3, seen: 5, known: 0, others: 0 })
      expect(summary.started).to.have.members(lost)
      expect(pages).to.deep.equal([2, 4, 5])
      const found = await store().findCall(sidOf('CA', '50'))
      expect(found?.call).to.include({
        from_number: CALLER,
        to_number: CALLED,
        direction: 'inbound',
        call_status: 'completed',
        duration_sec: 60,
        status: 'recorded',
        recording_sid: sidOf('RE', '50'),
        recording_duration_sec: 1,
      })
      expect(found?.call.account_sid).to.equal(twilio.accountSid)
      expect(await syncNow(options(), { sinceMs: 80 * HOUR_MS })).to.deep.include({ seen: 5, known: 5, started: [] })
      expect(await runs()).to.have.length(5)
    })

    it('makes one run with the callback that comes before, after, or at the same time', async () => {
      await lastSync(1)
      const words = ['before', 'after', 'while']
      for (const word of words) await recorded(word, 0.5)
      const callback = (word: string) =>
        store().ingestRecording(
          recordingCallback({
            accountSid: twilio.accountSid,
            callSid: sidOf('CA', word),
            recordingSid: sidOf('RE', word),
          }),
          PLAN,
        )
      await callback('before')
      await Promise.all([syncNow(options()), callback('while'), callback('while')])
      expect((await callback('after')).kind).to.equal('repeated')
      expect((await runs()).map((run) => run.recording_sid)).to.have.members(words.map((word) => sidOf('RE', word)))
    })

    it('loses nothing and starts nothing twice when recordings come in, and go, while it pages', async () => {
      await lastSync(10)
      const there = await Promise.all([1, 2, 3, 4, 5].map((hours) => recorded(`${hours}`, hours)))
      let pages = 0
      const api = apiOf(twilio)
      const summary = await syncNow(
        syncOptions(store(), {
          ...api,
          async *recordingsSince(since, signal) {
            for await (const page of api.recordingsSince(since, signal)) {
              yield page
              await recorded(`new ${++pages}`, 0)
              if (pages === 1) await api.deleteRecording(twilio.accountSid, sidOf('RE', '1'), signal)
            }
          },
        }),
      )
      expect(summary.started).to.have.members(there)
      expect((await syncNow(options())).started).to.have.members(
        [1, 2, 3].map((number) => sidOf('RE', `new ${number}`)),
      )
      expect(await runs()).to.have.length(8)
    })

    it('begins again at the same place where a page failed for good, and moves on when it was whole', async () => {
      const before = await lastSync(48)
      for (const hours of [1, 2, 3, 4, 5, 6]) await recorded(`${hours}`, hours)
      const api = apiOf(twilio)
      let pages = 0
      const failing = {
        ...api,
        async *recordingsSince(since: Date, signal: AbortSignal) {
          for await (const page of api.recordingsSince(since, signal)) {
            yield page
            if (++pages === 2) twilio.faults.always('list', { kind: 'status', status: 500 })
          }
        },
      }
      expect(await rejection(syncNow(syncOptions(store(), failing)))).to.include({ code: 'provider-unreachable' })
      expect(await cursor()).to.equal(before)
      expect(await runs()).to.have.length(4)
      twilio.faults.clear()
      expect((await syncNow(options())).started).to.have.length(2)
      expect(Date.parse((await cursor()) ?? '')).to.be.closeTo(Date.now(), 60_000)
    })

    it('never moves its cursor back, nor past what a shorter look has not seen', async () => {
      const before = await lastSync(48)
      await syncNow(options(), { sinceMs: 2 * HOUR_MS })
      expect(await cursor()).to.equal(before)
      await syncNow(options(), { sinceMs: 50 * HOUR_MS })
      const after = await cursor()
      expect(after).not.to.equal(before)
      const lease = { accountSid: twilio.accountSid, owner: '018f0000-0000-7000-8000-000000000001' }
      await store().beginSync(lease, { kind: 'asked' })
      await store().endSync(lease, { cursor: before, dueInMs: 0 })
      expect(await cursor()).to.equal(after)
    })

    it('is done by one of several at a time, and by the timer once in its interval', async () => {
      await lastSync(1)
      const { signal } = new AbortController()
      const slow = slowApi()
      const first = sync(syncOptions(store(), slow.api), { occasion: 'timer', signal })
      await slow.asked
      expect(await sync(options(), { occasion: 'timer', signal })).to.equal(undefined)
      expect(await rejection(syncNow(options()))).to.include({ code: 'conflict' })
      slow.answer()
      expect(await first).to.include({ pages: 1 })
      expect(await sync(options(), { occasion: 'timer', signal })).to.equal(undefined)
      expect(await syncNow(options())).to.include({ pages: 1 })
    })

    it('does not take up what an account has collected before its first start', async () => {
      await recorded('old', 5)
      const signal = new AbortController().signal
      expect(await sync(options(), { occasion: 'timer', signal })).to.equal(undefined)
      expect(twilio.requests).to.deep.equal([])
      expect(Date.parse((await cursor()) ?? '')).to.be.closeTo(Date.now(), 60_000)
    })

    it('keeps a recording that goes on within its window until it is complete', async () => {
      await lastSync(5)
      const sid = await recorded('long', 4, { status: 'in-progress' })
      expect(await syncNow(options())).to.deep.include({ seen: 1, started: [], others: 1 })
      expect(await syncNow(options())).to.deep.include({ seen: 1, known: 1, others: 0 })
      await recorded('long', 4)
      expect((await syncNow(options())).started).to.deep.equal([sid])
      expect((await syncNow(options())).seen).to.equal(0)
    })

    it('writes nothing when it is only asked what it would do', async () => {
      await lastSync(5)
      const sid = await recorded('one', 2)
      expect((await syncNow(options(), { occasion: 'dry-run' })).started).to.deep.equal([sid])
      expect(await runs()).to.deep.equal([])
      expect(twilio.requests).to.have.length(1)
      expect((await syncNow(options())).started).to.deep.equal([sid])
    })

    it('takes the recording of a leg as one of the call that made the leg, as a callback would', async () => {
      await lastSync(5)
      const sid = await recorded('leg', 1)
      twilio.addCall(sidOf('CA', 'leg'), {
        from: CALLER,
        to: '+97235550100',
        direction: 'outbound-dial',
        parentCallSid: sidOf('CA', 'parent'),
      })
      twilio.addCall(sidOf('CA', 'parent'), { from: CALLER, to: CALLED })
      expect((await syncNow(options())).started).to.deep.equal([sid])
      const found = await store().findCall(sidOf('CA', 'parent'))
      expect(found?.call).to.include({ recording_sid: sid, to_number: CALLED, direction: 'inbound' })
      expect(await store().findCall(sidOf('CA', 'leg'))).to.equal(undefined)
    })

    it('leaves what belongs to no call, and starts what Twilio has no call of any more', async () => {
      await lastSync(5)
      await recorded('conference', 1, { callSid: '' })
      await recorded('deleted', 1, { status: 'deleted' })
      const sid = await recorded('forgotten', 1, { callSid: sidOf('CA', 'forgotten by Twilio') })
      expect(await syncNow(options())).to.deep.include({ started: [sid], others: 2 })
    })

    it('takes the recording of a call whose state it cannot read', async () => {
      await lastSync(5)
      const sid = await recorded('odd', 1)
      twilio.addCall(sidOf('CA', 'odd'), { from: CALLER, to: CALLED, status: 'on-hold' })
      expect((await syncNow(options())).started).to.deep.equal([sid])
    })

    it('shows that a recording is absent, and starts nothing', async () => {
      await lastSync(5)
      await recorded('absent', 1, { status: 'absent' })
      expect(await syncNow(options())).to.deep.include({ started: [], others: 1 })
      const found = await store().findCall(sidOf('CA', 'absent'))
      expect(found?.call).to.include({ recording_status: 'absent', status: 'no_recording' })
    })
  })
})
