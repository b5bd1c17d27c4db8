import { expect } from 'chai'
import { deleteAtTwilio } from '../../../core/recordings/deletion.ts'
import { recordingLogger } from '../../../core/testing/log.ts'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { ACCOUNT, sidOf, startRun } from '../../support/calls.ts'
import { begunRecording, type Ended, endedRun, endOf, endRest, rerunOf, urlOf } from '../../support/ended-runs.ts'
import { onEachStore } from '../../support/stores.ts'
import { SHORT_RECORDING } from '../../support/surroundings.ts'
import { apiOf, HOUR_MS } from '../../support/sync.ts'

describe('deletion at Twilio', () => {
  onEachStore((store) => {
    let twilio: TwilioSandbox
    beforeEach(async () => {
      twilio = await startTwilioSandbox({ accountSid: ACCOUNT })
    })
    afterEach(() => twilio.close())

    const { signal } = new AbortController()
    async function sweep(authTokens?: readonly string[]) {
      const { logger, lines } = recordingLogger()
      const api = apiOf(twilio, authTokens && { authTokens })
      const deleted = await deleteAtTwilio({ store: store(), api, afterMs: 24 * HOUR_MS, logger }, signal)
      return { deleted, lines }
    }
    async function ended(words: string, how: Ended = {}): Promise<string> {
      const sid = await endedRun(store(), words, { hoursAgo: 25, ...how })
      await twilio.addRecording(sid, { audio: SHORT_RECORDING })
      return sid
    }

    it('deletes what has been processed long enough, says so, and shows no address that leads nowhere', async () => {
      const gone = [await ended('old'), await ended('silent', { outcome: 'no_speech' })]
      const young = await ended('young', { hoursAgo: 23 })
      const { deleted, lines } = await sweep()
      expect(deleted).to.equal(2)
      expect(twilio.recordingSids()).to.deep.equal([young])
      for (const sid of gone)
        expect(await endOf(store(), sid)).to.deep.equal({ deleted: true, erased: false, url: null })
      expect(await endOf(store(), young)).to.deep.equal({ deleted: false, erased: false, url: urlOf(young) })
      expect(lines.at(-1)).to.deep.include({ fields: { deleted: 2 } })
      expect(lines[0]).to.deep.include({
        message: `Deleted ${gone[0]} at Twilio`,
        fields: { callSid: sidOf('CA', 'old'), recordingSid: gone[0] },
      })
      expect((await sweep()).deleted).to.equal(0)
      expect(twilio.requests).to.have.length(2)
    })

    it('leaves what somebody may still need: failed, cancelled, going on, run again, or not delivered', async () => {
      await ended('failed', { outcome: 'failed' })
      await ended('cancelled', { outcome: 'cancelled' })
      await ended('undelivered', { delivery: 'failed' })
      await ended('again')
      await rerunOf(store(), 'again')
      await startRun(store(), 'queued')
      await begunRecording(store(), 'begun')
      expect((await sweep()).deleted).to.equal(0)
      expect(twilio.requests).to.deep.equal([])
    })

    it('counts as done what is gone already: deleted by hand, or just before a crash', async () => {
      const sid = await endedRun(store(), 'one', { hoursAgo: 25 })
      expect((await sweep()).deleted).to.equal(1)
      expect(await endOf(store(), sid)).to.include({ deleted: true })
    })

    it('says what failed, goes on with the others, and tries again after a rest', async () => {
      const [first, second] = [await ended('one', { hoursAgo: 26 }), await ended('two')]
      twilio.faults.next('delete', { kind: 'status', status: 400 })
      const { deleted, lines } = await sweep()
      expect(deleted).to.equal(1)
      const failed = lines.filter(({ level }) => level === 'warn')
      expect(failed.map(({ message }) => message)).to.deep.equal([`Could not delete ${first} at Twilio`])
      expect((await sweep()).deleted, 'it rests').to.equal(0)
      await endRest(store())
      expect((await sweep()).deleted).to.equal(1)
      expect(await endOf(store(), second)).to.include({ deleted: true })
      expect(twilio.recordingSids()).to.deep.equal([])
    })

    it('stops at refused credentials: one warning, not one for each recording', async () => {
      for (const words of ['one', 'two', 'three']) await ended(words)
      const { deleted, lines } = await sweep(['wrong'])
      expect(deleted).to.equal(0)
      expect(lines).to.have.length(1)
      expect(twilio.requests).to.have.length(1)
    })

    it('is done once by several at a time', async () => {
      for (let number = 0; number < 5; number++) await ended(`${number}`)
      const sweeps = await Promise.all([sweep(), sweep(), sweep()])
      expect(sweeps.reduce((sum, { deleted }) => sum + deleted, 0)).to.equal(5)
      expect(twilio.requests.map(({ status }) => status)).to.deep.equal(Array(5).fill(204))
    })
  })
})
