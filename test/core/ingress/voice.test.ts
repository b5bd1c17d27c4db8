import { join } from 'node:path'
import { expect } from 'chai'
import type { VoiceSettings } from '../../../core/contracts/voice-settings.ts'
import { CALL, sidOf } from '../../support/calls.ts'
import { type Door, openDoor, PUBLIC_URL } from '../../support/door.ts'
import { freshFolder } from '../../support/folder.ts'
import { type Form, post, RECORDING_FORM, STATUS_FORM } from '../../support/twilio-request.ts'

const VOICE_FORM: Form = {
  AccountSid: sidOf('AC', 'account'),
  ApiVersion: '2010-04-01',
  CallSid: CALL,
  CallStatus: 'ringing',
  Direction: 'inbound',
  From: '+972501234567',
  To: '+97231234567',
}

const NOTHING: VoiceSettings = { announcement: null, handling: { kind: 'none' }, recording: 'none', stream: false }
const DIAL: VoiceSettings = {
  ...NOTHING,
  handling: { kind: 'dial', to: '+97235550100', timeoutSec: 30, callerId: null },
  recording: 'dial',
}
const RECORD: VoiceSettings = {
  ...NOTHING,
  handling: { kind: 'record', maxLengthSec: 120, beep: true, finishOnKey: '#' },
}
const URLS = '#rc=5&amp;rp=5xx,ct,rt'
const REPORTS = [
  `recordingStatusCallback="${PUBLIC_URL}/twilio/recording${URLS}"`,
  'recordingStatusCallbackEvent="in-progress completed absent"',
  'recordingStatusCallbackMethod="POST"',
  'trim="do-not-trim"',
]

describe('POST /twilio/voice', () => {
  const folder = freshFolder()
  let door: Door | undefined
  const opened = () => {
    if (door === undefined) throw new Error('open a door first')
    return door
  }

  afterEach(async () => {
    await door?.close()
    door = undefined
  })

  async function answer(voice: VoiceSettings, form: Form = VOICE_FORM, path = '/twilio/voice') {
    door ??= await openDoor({ file: join(folder.path, 'aftercall.db'), voice })
    return post(door.port, path, form)
  }

  /** What stands inside of `<Response>`. */
  async function twiml(voice: VoiceSettings, form?: Form): Promise<string> {
    const { status, text, headers } = await answer(voice, form)
    expect(status).to.equal(200)
    expect(headers['content-type']).to.match(/^text\/xml/)
    const [, inside = ''] = /^<\?xml version="1.0" encoding="UTF-8"\?><Response>(.*)<\/Response>$/s.exec(text) ?? []
    expect(text).to.match(/<Response\/>$|<\/Response>$/)
    return inside
  }

  const call = async () => {
    const found = await opened().store.findCall(CALL)
    if (found === undefined) throw new Error('the call is not there')
    return found.call
  }

  it('puts a call through, recorded on two channels, and hands out callbacks that are repeated', async () => {
    const inside = await twiml(DIAL)
    for (const attribute of [...REPORTS, 'record="record-from-answer-dual"', 'recordingTrack="both"', 'timeout="30"']) {
      expect(inside).to.include(attribute)
    }
    expect(inside).to.match(/^<Dial [^>]*><Number>\+97235550100<\/Number><\/Dial>$/)
  })

  it('has stored the call by the time it answers', async () => {
    await answer(DIAL)
    expect(await call()).to.include({
      status: 'received',
      call_status: 'ringing',
      direction: 'inbound',
      from_number: '+972501234567',
      to_number: '+97231234567',
      business_id: null,
    })
  })

  it('answers the same, and stores nothing more, when Twilio asks again', async () => {
    const first = await twiml(DIAL)
    const before = await call()
    expect(await twiml(DIAL)).to.equal(first)
    expect(await call()).to.deep.equal({ ...before, updated_at: (await call()).updated_at })
  })

  it('says the announcement before anything is recorded', async () => {
    const announcement = { text: 'This call is <recorded> & kept.', language: 'en-US', voice: 'Polly.Joanna' }
    const inside = await twiml({ ...DIAL, announcement, recording: 'start', stream: true })
    expect(inside).to.match(
      /^<Say language="en-US" voice="Polly.Joanna">This call is &lt;recorded&gt; &amp; kept.<\/Say><Start><Recording /,
    )
    expect(inside).to.include('channels="dual"').and.include('track="both"')
    for (const attribute of REPORTS) expect(inside).to.include(attribute)
    expect(inside).to.include(
      `<Start><Stream url="wss://calls.example.com/twilio/stream" track="both_tracks"/></Start>`,
    )
    expect(inside.indexOf('<Start>')).to.be.lessThan(inside.indexOf('<Dial'))
    expect(inside).not.to.include('record-from')
  })

  it('has the leg tell when it is answered, where a request starts the recording', async () => {
    const inside = await twiml({ ...DIAL, recording: 'rest' })
    expect(inside).to.include(`<Number statusCallback="${PUBLIC_URL}/twilio/status${URLS}"`)
    expect(inside).to.include('statusCallbackEvent="answered"')
    expect(inside).not.to.include('recordingStatusCallback')
  })

  it('shows a caller id where one is set', async () => {
    const handling = { kind: 'dial', to: '+97235550100', timeoutSec: 5, callerId: '+97231234567' } as const
    expect(await twiml({ ...DIAL, handling }))
      .to.include('callerId="+97231234567"')
      .and.include('timeout="5"')
  })

  it('takes a message, and hangs up after it instead of taking another', async () => {
    const inside = await twiml(RECORD)
    for (const attribute of [...REPORTS, 'maxLength="120"', 'playBeep="true"', 'finishOnKey="#"']) {
      expect(inside).to.include(attribute)
    }
    const [, action = ''] = /action="([^"]+)"/.exec(inside) ?? []
    expect(action).to.equal(`${PUBLIC_URL}/twilio/voice?after=record${URLS}`)
    expect(inside).to.match(/<Hangup\/>$/)
    const after = await answer(RECORD, VOICE_FORM, '/twilio/voice?after=record')
    expect(after.text).to.include('<Response><Hangup/></Response>')
  })

  it('answers with nothing where another system handles calls', async () => {
    expect(await twiml(NOTHING)).to.equal('')
    expect(opened().lines.find(({ level }) => level === 'warn')?.message).to.include('Twilio hangs up')
  })

  it('only begins what it is asked to where another system handles calls', async () => {
    expect(await twiml({ ...NOTHING, recording: 'start' })).to.match(/^<Start><Recording [^>]*\/><\/Start>$/)
  })

  it('refuses a call as busy where there is no number, and says how to set one', async () => {
    const handling = { kind: 'dial', to: null, timeoutSec: 30, callerId: null } as const
    expect(await twiml({ ...DIAL, handling })).to.equal('<Reject reason="busy"/>')
    const line = opened().lines.find(({ level }) => level === 'warn')
    expect(line?.fields).to.have.property('remedy').that.includes('--forward-to')
  })

  it('never calls the number that is calling it', async () => {
    const handling = { kind: 'dial', to: '+97231234567', timeoutSec: 30, callerId: null } as const
    expect(await twiml({ ...DIAL, handling })).to.equal('<Reject reason="busy"/>')
  })

  it('asks for a signature, and refuses malformed SIDs', async () => {
    door = await openDoor({ file: join(folder.path, 'aftercall.db'), voice: DIAL })
    expect((await post(door.port, '/twilio/voice', VOICE_FORM, { token: 'another' })).status).to.equal(403)
    expect((await post(door.port, '/twilio/voice', { ...VOICE_FORM, CallSid: 'CA1' })).status).to.equal(400)
    expect(await door.store.findCall(CALL)).to.equal(undefined)
  })

  it('keeps the beginning of the path of PUBLIC_URL in what it hands out', async () => {
    const publicUrl = 'https://example.com/aftercall'
    door = await openDoor({ file: join(folder.path, 'aftercall.db'), voice: { ...DIAL, stream: true }, publicUrl })
    const { text, status } = await post(door.port, '/twilio/voice', VOICE_FORM, { url: `${publicUrl}/twilio/voice` })
    expect(status).to.equal(200)
    expect(text).to.include('"https://example.com/aftercall/twilio/recording#')
    expect(text).to.include('"wss://example.com/aftercall/twilio/stream"')
  })

  describe('for a business', () => {
    const forward = '+97239990000'
    const add = async (language: string | null, announcement: string | null) => {
      door = await openDoor({
        file: join(folder.path, 'aftercall.db'),
        voice: { ...DIAL, announcement: { text: 'Recorded.', language: 'en-US', voice: 'Polly.Joanna' } },
      })
      const shared = { webhookUrl: null, webhookSecret: null }
      const settings = { forwardTo: forward, announcement, vocabulary: {} }
      return door.store.addBusiness({ name: 'A', phones: ['+97231234567'], language, ...shared, settings })
    }

    it('puts its calls through to its own number, and says its own words in its own language', async () => {
      const id = await add('he-IL', 'השיחה מוקלטת')
      const inside = await twiml(DIAL)
      expect(inside).to.match(/^<Say language="he-IL">השיחה מוקלטת<\/Say><Dial/)
      expect(inside).to.include(`<Number>${forward}</Number>`)
      expect((await call()).business_id).to.equal(id)
    })

    it('says the words of all in their language where it has none of its own', async () => {
      await add('he-IL', null)
      expect(await twiml(DIAL)).to.match(/^<Say language="en-US" voice="Polly.Joanna">Recorded.<\/Say>/)
    })

    it('leaves calls to other numbers to the settings of all', async () => {
      await add('he-IL', 'השיחה מוקלטת')
      const inside = await twiml(DIAL, { ...VOICE_FORM, To: '+97231234568' })
      expect(inside).to.include('Recorded.').and.include('+97235550100').and.not.include(forward)
      expect((await call()).business_id).to.equal(null)
    })

    for (const to of [
      '031234567',
      '97231234567',
      'sip:+97231234567@example.com',
      'client:+97231234567',
      'anonymous',
      '12345',
      '+9723123456',
    ]) {
      it(`is not found by ${to}`, async () => {
        await add(null, null)
        await answer(DIAL, { ...VOICE_FORM, To: to })
        expect((await call()).business_id).to.equal(null)
      })
    }

    it('is found by its number however it is written in full', async () => {
      const id = await add(null, null)
      await answer(DIAL, { ...VOICE_FORM, To: '+972 3-123-4567' })
      expect((await call()).business_id).to.equal(id)
    })
  })

  describe('and the end of the call', () => {
    const end = { ...STATUS_FORM, CallSid: CALL }

    it('is no_recording at once where nothing was to be recorded', async () => {
      await answer(NOTHING)
      await post(opened().port, '/twilio/status', end)
      expect((await call()).status).to.equal('no_recording')
    })

    it('waits for the recording that was asked for, and is closed without one later', async () => {
      await answer(DIAL)
      await post(opened().port, '/twilio/status', end)
      expect((await call()).status).to.equal('received')
      expect(await opened().store.closeUnrecorded(60_000)).to.equal(0)
      expect(await opened().store.closeUnrecorded(-1_000)).to.equal(1)
      expect((await call()).status).to.equal('no_recording')
    })

    it('is undone by a recording that comes after all', async () => {
      await answer(DIAL)
      await post(opened().port, '/twilio/status', end)
      await opened().store.closeUnrecorded(-1_000)
      await post(opened().port, '/twilio/recording', RECORDING_FORM)
      expect((await call()).status).to.equal('recorded')
    })

    it('is certain where nobody was reached', async () => {
      await answer(DIAL)
      await post(opened().port, '/twilio/status', { ...end, CallStatus: 'no-answer' })
      expect(await call()).to.include({ status: 'no_recording', call_status: 'no-answer' })
    })
  })
})
