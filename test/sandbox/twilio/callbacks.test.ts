import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import twilio from 'twilio'
import {
  type CallbackTarget,
  sendForm,
  sendRecordingCallback,
  sendStatusCallback,
  sendVoiceWebhook,
} from '../../../sandbox/twilio/index.ts'

const TOKEN = 'a-token'
const CALL = `CA${'1'.repeat(32)}`
const RECORDING = `RE${'2'.repeat(32)}`

describe('the sandbox’s callbacks, judged by the real twilio library', () => {
  let server: Server
  let target: CallbackTarget
  let seen: { readonly request: IncomingMessage; readonly form: Readonly<Record<string, string>> }[]

  beforeEach(async () => {
    seen = []
    server = createServer(async (request, response) => {
      seen.push({ request, form: Object.fromEntries(new URLSearchParams(await text(request))) })
      response.writeHead(204).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    target = {
      url: 'https://calls.example.com/twilio/recording?tenant=a b',
      at: `http://127.0.0.1:${address.port}`,
      accountSid: `AC${'0'.repeat(32)}`,
      authToken: TOKEN,
    }
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  const valid = (url: string) =>
    seen.every(({ request, form }) =>
      twilio.validateRequest(TOKEN, String(request.headers['x-twilio-signature']), url, form),
    )

  it('sign recording callbacks over the public URL, and go to where the server listens', async () => {
    const answer = await sendRecordingCallback(target, {
      callSid: CALL,
      recordingSid: RECORDING,
      status: 'completed',
      durationSec: 31,
    })
    expect(answer.status).to.equal(204)
    expect(valid(target.url)).to.equal(true)
    expect(valid('https://calls.example.com/twilio/other')).to.equal(false)
    expect(seen[0]?.request.url).to.equal('/twilio/recording?tenant=a%20b')
    expect(seen[0]?.form).to.include({
      CallSid: CALL,
      RecordingSid: RECORDING,
      RecordingStatus: 'completed',
      RecordingDuration: '31',
      RecordingChannels: '2',
      RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/${target.accountSid}/Recordings/${RECORDING}`,
    })
  })

  it('tell no duration of a recording that is not completed', async () => {
    await sendRecordingCallback(target, { callSid: CALL, recordingSid: RECORDING, status: 'in-progress' })
    expect(seen[0]?.form).to.not.have.property('RecordingDuration')
  })

  it('leave the fragment out of signature and request', async () => {
    await sendForm({ ...target, url: 'https://calls.example.com/twilio/status#rc=5&rp=5xx,ct,rt' }, { A: 'ü & ö' })
    expect(valid('https://calls.example.com/twilio/status')).to.equal(true)
    expect(seen[0]?.form).to.deep.equal({ A: 'ü & ö' })
  })

  it('tell seconds and begun minutes of a completed call', async () => {
    await sendStatusCallback(target, {
      callSid: CALL,
      status: 'completed',
      from: '+15550001111',
      to: '+15550002222',
      durationSec: 61,
      sequenceNumber: 3,
      at: new Date('2026-11-20T10:00:00Z'),
    })
    expect(valid(target.url)).to.equal(true)
    expect(seen[0]?.form).to.include({
      CallDuration: '61',
      Duration: '2',
      SequenceNumber: '3',
      Direction: 'inbound',
      Timestamp: 'Fri, 20 Nov 2026 10:00:00 +0000',
    })
  })

  it('ask for TwiML', async () => {
    await sendVoiceWebhook(target, { callSid: CALL, from: '+15550001111', to: '+15550002222' })
    expect(valid(target.url)).to.equal(true)
    expect(seen[0]?.form).to.include({ CallStatus: 'ringing', From: '+15550001111' })
  })
})
