import { join } from 'node:path'
import { expect } from 'chai'
import { ACCOUNT, CALL, RECORDING, sidOf } from '../../support/calls.ts'
import { type Door, openDoor } from '../../support/door.ts'
import { freshFolder } from '../../support/folder.ts'
import { post, RECORDING_FORM, STATUS_FORM } from '../../support/twilio-request.ts'

describe('A callback at the door', () => {
  const folder = freshFolder()
  let door: Door

  beforeEach(async () => {
    door = await openDoor({ file: join(folder.path, 'aftercall.db') })
  })
  afterEach(() => door.close())

  const find = async () => {
    const found = await door.store.findCall(CALL)
    if (found === undefined) throw new Error('the call is not there')
    return found
  }

  it('of a leg that another call has made is taken, and is no call of its own', async () => {
    const leg = { ...STATUS_FORM, CallSid: sidOf('CA', 'leg'), ParentCallSid: CALL, CallStatus: 'in-progress' }
    expect((await post(door.port, '/twilio/status', leg)).status).to.equal(204)
    expect(await door.store.findCall(leg.CallSid)).to.equal(undefined)
    expect((await find()).call).to.include({ call_status: null, status: 'received' })
    expect((await post(door.port, '/twilio/status', { ...leg, ParentCallSid: 'CA1' })).status).to.equal(400)
    expect((await post(door.port, '/twilio/status', { ...STATUS_FORM, ParentCallSid: '' })).status).to.equal(204)
    expect((await find()).call).to.include({ call_status: 'completed' })
  })

  describe('of a recording', () => {
    it('is answered 204 without a body once call and run are there, and wakes a worker up', async () => {
      const answer = await post(door.port, '/twilio/recording', RECORDING_FORM)
      expect(answer).to.include({ status: 204, text: '' })
      const { call, run } = await find()
      expect(call).to.include({
        account_sid: ACCOUNT,
        recording_sid: RECORDING,
        recording_status: 'completed',
        recording_duration_sec: 42,
        recording_channels: 2,
        error_code: null,
      })
      expect(run?.status).to.equal('queued')
      expect(door.queue.woken()).to.equal(1)
    })

    it('is logged with call and run', async () => {
      await post(door.port, '/twilio/recording', RECORDING_FORM)
      const { run } = await find()
      const line = door.lines.find(({ level }) => level === 'info')
      expect(line?.message).to.equal(`handle_recording: Saved recording_sid ${RECORDING} for ${CALL}`)
      expect(line?.fields).to.include({ callSid: CALL, runId: run?.id })
    })

    it('has no second effect, and is acknowledged again', async () => {
      await post(door.port, '/twilio/recording', RECORDING_FORM)
      const before = await find()
      const answers = await Promise.all([1, 2, 3].map(() => post(door.port, '/twilio/recording', RECORDING_FORM)))
      expect(answers.map(({ status }) => status)).to.deep.equal([204, 204, 204])
      expect(await find()).to.deep.equal(before)
      expect(door.queue.woken()).to.equal(1)
      expect(door.lines.filter(({ level }) => level === 'info')).to.have.length(1)
    })

    it('that is in progress is logged and starts nothing', async () => {
      const form = { ...RECORDING_FORM, RecordingStatus: 'in-progress' }
      expect((await post(door.port, '/twilio/recording', form)).status).to.equal(204)
      expect((await find()).run).to.equal(null)
      expect(door.lines.map(({ message }) => message)).to.include(`Recording started for ${CALL}: ${RECORDING}`)
      expect(door.queue.woken()).to.equal(0)
    })

    it('that is absent is kept with its reason', async () => {
      const form = { ...RECORDING_FORM, RecordingStatus: 'absent', ErrorCode: '16101' }
      expect((await post(door.port, '/twilio/recording', form)).status).to.equal(204)
      expect((await find()).call).to.include({ status: 'no_recording', error_code: '16101' })
    })

    it('needs nothing but the SIDs and the status', async () => {
      const names = ['AccountSid', 'CallSid', 'RecordingSid', 'RecordingStatus']
      const form = Object.fromEntries(names.map((name) => [name, RECORDING_FORM[name] ?? '']))
      expect((await post(door.port, '/twilio/recording', form)).status).to.equal(204)
      expect((await find()).call).to.include({ recording_duration_sec: null, recording_channels: null })
    })

    it('is not lost for a length, a channel count or a date that makes no sense', async () => {
      const form = {
        ...RECORDING_FORM,
        RecordingDuration: '-1',
        RecordingChannels: 'two',
        RecordingStartTime: 'yesterday',
      }
      expect((await post(door.port, '/twilio/recording', form)).status).to.equal(204)
      expect((await find()).call).to.include({ recording_duration_sec: null, recording_channels: null })
    })

    for (const [name, value] of [
      ['CallSid', '../../etc/passwd'],
      ['CallSid', `${CALL}/..`],
      ['CallSid', `${CALL}\n`],
      ['CallSid', CALL.replace('CA', 'RE')],
      ['RecordingSid', '../RE'],
      ['RecordingSid', RECORDING.slice(0, -1)],
      ['RecordingSid', `${RECORDING}'; DROP TABLE call_log; --`],
      ['AccountSid', ''],
      ['RecordingStatus', 'COMPLETED'],
      ['RecordingStatus', 'paused'],
    ] as const) {
      it(`is refused, though signed, with ${name} ${JSON.stringify(value)}`, async () => {
        const answer = await post(door.port, '/twilio/recording', { ...RECORDING_FORM, [name]: value })
        expect(answer.status).to.equal(400)
        expect(JSON.parse(answer.text).error).to.include({ code: 'bad-request' })
        expect(await door.store.findCall(CALL)).to.equal(undefined)
        const warnings = door.lines.filter(({ level }) => level === 'warn')
        expect(warnings).to.have.length(1)
        expect(JSON.stringify(warnings)).to.include(name)
      })
    }

    it('is refused when two names run together, which a signature cannot tell apart', async () => {
      const { CallSid = '', RecordingSid = '', ...rest } = RECORDING_FORM
      const merged = { ...rest, CallSid: `${CallSid}ErrorCode0RecordingSid${RecordingSid}` }
      expect((await post(door.port, '/twilio/recording', merged)).status).to.equal(400)
    })
  })

  describe('of the call itself', () => {
    it('is kept with numbers, direction, times and length', async () => {
      expect((await post(door.port, '/twilio/status', STATUS_FORM)).status).to.equal(204)
      expect((await find()).call).to.include({
        call_status: 'completed',
        direction: 'inbound',
        from_number: '+972501234567',
        to_number: '+97231234567',
        duration_sec: 60,
        started_at: '2026-11-22T09:00:00.000Z',
        ended_at: '2026-11-22T09:01:00.000Z',
      })
    })

    for (const [given, kept] of [
      ['+972 50-123-4567', '+972501234567'],
      ['+1 (202) 555-0100', '+12025550100'],
      ['client:anna', 'client:anna'],
      ['sip:+972501234567@example.com', 'sip:+972501234567@example.com'],
      ['anonymous', 'anonymous'],
      ['+266696687', '+266696687'],
      ['12345', '12345'],
      ['', null],
      ['+97250\r\n\u001b[2J1234567', '+97250[2J1234567'],
      ['\u202eclient:\u0000eve', 'client:eve'],
    ] as const) {
      it(`keeps the number ${JSON.stringify(given)} as ${JSON.stringify(kept)}`, async () => {
        const answer = await post(door.port, '/twilio/status', { ...STATUS_FORM, From: given })
        expect(answer.status).to.equal(204)
        expect((await find()).call.from_number).to.equal(kept)
      })
    }

    it('keeps a hostile From out of the log', async () => {
      await post(door.port, '/twilio/status', { ...STATUS_FORM, From: 'x\r\n{"msg":"forged"}\u001b[31m' })
      for (const { message, fields } of door.lines) {
        expect(`${message}${JSON.stringify(fields)}`).not.to.match(/forged/)
      }
    })

    it('is refused with a status that we do not know', async () => {
      const answer = await post(door.port, '/twilio/status', { ...STATUS_FORM, CallStatus: 'exploded' })
      expect(answer.status).to.equal(400)
    })

    it('finds its call when the recording came first', async () => {
      await post(door.port, '/twilio/recording', { ...RECORDING_FORM, RecordingSid: sidOf('RE', 'first') })
      await post(door.port, '/twilio/status', STATUS_FORM)
      expect((await find()).call).to.include({ status: 'recorded', from_number: '+972501234567' })
    })
  })

  it('is answered 503 while the database is down, and nothing is lost when Twilio sends it again', async () => {
    const file = join(folder.path, 'other.db')
    const down = await openDoor({ file })
    await down.store.database.knex.schema.renameTable('callback', 'gone')
    const answer = await post(down.port, '/twilio/recording', RECORDING_FORM)
    expect(answer.status).to.equal(503)
    expect(JSON.parse(answer.text).error.code).to.equal('database-unavailable')
    expect(answer.text).not.to.match(/gone|callback \(|sql/i)
    expect(await down.store.findCall(CALL)).to.equal(undefined)
    expect(down.queue.woken()).to.equal(0)
    await down.store.database.knex.schema.renameTable('gone', 'callback')
    expect((await post(down.port, '/twilio/recording', RECORDING_FORM)).status).to.equal(204)
    expect((await down.store.findCall(CALL))?.run?.status).to.equal('queued')
    await down.close()
  })
})
