import { expect } from 'chai'
import { RecordingStarter } from '../../../core/ingress/recording-starter.ts'
import { guardedFetch } from '../../../core/outbound/index.ts'
import { rowsOf } from '../../../core/store/database.ts'
import { type LogLine, recordingLogger } from '../../../core/testing/log.ts'
import { startRecording } from '../../../core/twilio-api/start-recording.ts'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { CALL, PLAN, recordingCallback, sidOf, statusCallback } from '../../support/calls.ts'
import { onEachStore } from '../../support/stores.ts'

const CALLBACK_URL = 'https://calls.example.com/twilio/recording#rc=5&rp=5xx,ct,rt'

describe('RecordingStarter', () => {
  onEachStore((store) => {
    let twilio: TwilioSandbox
    let fetch: ReturnType<typeof guardedFetch>
    let lines: readonly LogLine[]

    beforeEach(async () => {
      twilio = await startTwilioSandbox()
      fetch = guardedFetch({ allow: [], trustedOrigins: [twilio.url] })
      twilio.addCall(CALL, { from: '+972501234567', to: '+97231234567', status: 'in-progress' })
    })
    afterEach(async () => {
      await fetch.close()
      await twilio.close()
    })

    function starter(authTokens: readonly string[] = [twilio.authToken]) {
      const recording = recordingLogger()
      lines = recording.lines
      const account = { accountSid: twilio.accountSid, authTokens, apiUrl: twilio.url }
      return new RecordingStarter({
        store: store(),
        plan: () => PLAN,
        logger: recording.logger,
        callbackUrl: CALLBACK_URL,
        begin: (call, url) => startRecording({ account, fetch }, call, url),
      })
    }

    const answered = () =>
      store().ingestStatus(
        statusCallback({ accountSid: twilio.accountSid, callStatus: 'in-progress', sequenceNumber: 2 }),
        'record',
      )
    const call = async () => (await store().findCall(CALL))?.call
    const state = async () => {
      const [row] = await rowsOf<{ state: string }>(store().database, 'SELECT state FROM recording_start')
      return row?.state
    }
    /** The time that others leave to whoever has taken the callback has passed. */
    const passTime = () => rowsOf(store().database, `UPDATE recording_start SET due_at = '2020-01-01T00:00:00.000Z'`)
    const due = { callSid: CALL, accountSid: null }
    const started = () => lines.filter(({ message }) => message.startsWith('Recording started for '))

    async function startNow(given = starter()) {
      given.startSoon({ ...due, accountSid: twilio.accountSid })
      await given.close()
    }

    it('asks for a dual recording with all events, and shows it on the call', async () => {
      expect(await answered()).to.deep.equal({ kind: 'stored', recording: 'due' })
      await startNow()
      const [begun] = twilio.begun
      expect([...(begun?.form ?? [])]).to.deep.equal([
        ['RecordingChannels', 'dual'],
        ['RecordingTrack', 'both'],
        ['Trim', 'do-not-trim'],
        ['RecordingStatusCallback', CALLBACK_URL],
        ['RecordingStatusCallbackMethod', 'POST'],
        ['RecordingStatusCallbackEvent', 'in-progress'],
        ['RecordingStatusCallbackEvent', 'completed'],
        ['RecordingStatusCallbackEvent', 'absent'],
      ])
      expect(await call()).to.include({ recording_sid: begun?.sid, recording_status: 'in-progress' })
      expect(started().map(({ message }) => message)).to.deep.equal([`Recording started for ${CALL}: ${begun?.sid}`])
      expect(await state()).to.equal('started')
    })

    it('is due once, however many callbacks say that the call was answered', async () => {
      const ingested = await Promise.all([1, 2, 3, 4, 5].map(() => answered()))
      expect(ingested.filter((one) => one.kind === 'stored' && one.recording === 'due')).to.have.length(1)
      const leg = { callSid: sidOf('CA', 'leg'), parentCallSid: CALL, callStatus: 'in-progress', sequenceNumber: 2 }
      const ofLeg = await store().ingestStatus(statusCallback(leg), 'record')
      expect(ofLeg).to.deep.equal({ kind: 'stored', recording: 'not-due' })
    })

    it('is due for the call that was put through when its leg is answered, and the leg is no call of its own', async () => {
      const leg = { callSid: sidOf('CA', 'leg'), parentCallSid: CALL, callStatus: 'in-progress', sequenceNumber: 2 }
      const ingested = await store().ingestStatus(statusCallback({ ...leg, from: '+1', to: '+2' }), 'record')
      expect(ingested).to.deep.equal({ kind: 'stored', recording: 'due' })
      expect(await store().findCall(leg.callSid)).to.equal(undefined)
      expect(await call()).to.include({ call_status: null, from_number: null, to_number: null })
    })

    it('is not due for a call that is over, that is recorded, or that our TwiML records', async () => {
      await store().ingestStatus(statusCallback())
      expect(await answered()).to.deep.equal({ kind: 'stored', recording: 'not-due' })
      const recorded = sidOf('CA', 'recorded')
      await store().ingestRecording(recordingCallback({ callSid: recorded, status: 'in-progress' }), PLAN)
      const inProgress = { callStatus: 'in-progress', sequenceNumber: 2 }
      const second = await store().ingestStatus(statusCallback({ ...inProgress, callSid: recorded }), 'record')
      expect(second).to.deep.equal({ kind: 'stored', recording: 'not-due' })
      const voice = { accountSid: twilio.accountSid, callStatus: 'ringing', direction: 'inbound', from: null, to: null }
      const asked = sidOf('CA', 'asked')
      await store().ingestVoice({ ...voice, callSid: asked, payload: {} }, () => 'dial')
      const third = await store().ingestStatus(statusCallback({ ...inProgress, callSid: asked }), 'record')
      expect(third).to.deep.equal({ kind: 'stored', recording: 'not-due' })
    })

    it('is logged once, whether the callback or the answer comes first', async () => {
      await answered()
      await startNow()
      const callback = { recordingSid: twilio.begun[0]?.sid ?? '', accountSid: twilio.accountSid }
      const late = await store().ingestRecording(recordingCallback({ ...callback, status: 'in-progress' }), PLAN)
      expect(late).to.deep.equal({ kind: 'repeated' })
    })

    it('is tried again by a sweep, and by one of two', async () => {
      await answered()
      twilio.faults.next('begin', { kind: 'status', status: 503 })
      await startNow()
      expect(await state()).to.equal('due')
      const [one, other] = [starter(), starter()]
      await one.sweep()
      expect(twilio.begun).to.have.length(0)
      await passTime()
      await Promise.all([one.sweep(), other.sweep()])
      expect(twilio.begun).to.have.length(1)
      expect(await state()).to.equal('started')
    })

    it('is not begun again where the answer to the first request was lost', async () => {
      await answered()
      await startRecording(
        { account: { accountSid: twilio.accountSid, authTokens: [twilio.authToken], apiUrl: twilio.url }, fetch },
        { ...due, attempts: 1 },
        CALLBACK_URL,
      )
      await passTime()
      await starter().sweep()
      expect(twilio.begun).to.have.length(1)
      expect(await call()).to.include({ recording_sid: twilio.begun[0]?.sid })
      expect(started()).to.have.length(1)
    })

    it('asks nothing where a callback has told of the recording meanwhile', async () => {
      await answered()
      await store().ingestRecording(recordingCallback({ status: 'in-progress' }), PLAN)
      await passTime()
      await starter().sweep()
      expect(twilio.requests).to.deep.equal([])
      expect(await state()).to.equal('started')
    })

    it('is over with the call', async () => {
      await answered()
      await store().ingestStatus(statusCallback())
      expect(await state()).to.equal('over')
      expect((await call())?.status).to.equal('no_recording')
      await passTime()
      await starter().sweep()
      expect(twilio.requests).to.deep.equal([])
    })

    it('is done where Twilio says that the call is not in progress', async () => {
      await answered()
      twilio.addCall(CALL, { from: '+1', to: '+2', status: 'completed' })
      await startNow()
      expect(await state()).to.equal('over')
      expect(lines.filter(({ level }) => level === 'error')).to.deep.equal([])
    })

    it('is given up at once where Twilio refuses, which is an error with a remedy', async () => {
      await answered()
      await startNow(starter(['another-token']))
      expect(await state()).to.equal('refused')
      const [line] = lines.filter(({ level }) => level === 'error')
      expect(line?.fields).to.include({ callSid: CALL, code: 'provider-credentials' })
      expect(line?.fields).to.have.property('remedy').that.is.a('string')
      expect(JSON.stringify(lines)).not.to.include('another-token')
    })

    it('tries the second token while they rotate', async () => {
      await answered()
      await startNow(starter(['an-old-token', twilio.authToken]))
      expect(twilio.begun).to.have.length(1)
    })

    it('is given up after five attempts', async () => {
      await answered()
      twilio.faults.always('begin', { kind: 'status', status: 500 })
      const one = starter()
      await startNow(one)
      for (let sweep = 2; sweep <= 5; sweep++) {
        expect(await state()).to.equal('due')
        await passTime()
        await one.sweep()
      }
      expect(await state()).to.equal('refused')
      await store().ingestStatus(statusCallback())
      expect((await call())?.status).to.equal('no_recording')
    })
  })
})
