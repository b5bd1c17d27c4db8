import { expect } from 'chai'
import { sendRecordingCallback, sendStatusCallback } from '../../sandbox/twilio/index.ts'
import { sidOf } from '../support/calls.ts'
import { type Endpoint, startEndpoint } from '../support/endpoint.ts'
import { freshInstallation, type Running } from '../support/installation.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import { CUSTOMER, SHORT_RECORDING } from '../support/surroundings.ts'

const SECRETS = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`)
const NUMBERS = ['+97231110000', '+97232220000'] as const

describe('two businesses in one installation', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    let endpoints: readonly Endpoint[]

    beforeEach(async () => {
      endpoints = await Promise.all(SECRETS.map((secret) => startEndpoint(secret)))
    })
    afterEach(() => Promise.all(endpoints.map((endpoint) => endpoint.close())))

    async function start(): Promise<Running> {
      const running = await installation.start({ environment: { OUTBOUND_ALLOW: '127.0.0.1' } })
      for (const [index, phone] of NUMBERS.entries()) {
        await running.app.store.addBusiness({
          name: `Business ${index}`,
          phones: [phone],
          language: 'he',
          webhookUrl: endpoints[index]?.url ?? '',
          webhookSecret: SECRETS[index] ?? '',
          settings: { forwardTo: null, announcement: null, vocabulary: { city: [`City ${index}`] } },
        })
      }
      return running
    }

    /** A whole call, from its first callback to its webhook. */
    async function call(
      running: Running,
      words: string,
      from: string,
      to: string,
      direction: 'inbound' | 'outbound-api',
    ) {
      const { twilio } = installation.surroundings
      const one = { callSid: sidOf('CA', words), recordingSid: sidOf('RE', words) }
      const target = (path: string) => ({
        url: `https://calls.example.com${path}`,
        at: running.url,
        accountSid: twilio.accountSid,
        authToken: twilio.authToken,
      })
      await twilio.addRecording(one.recordingSid, { audio: SHORT_RECORDING, callSid: one.callSid })
      await sendStatusCallback(target('/twilio/status'), {
        ...one,
        status: 'completed',
        from,
        to,
        direction,
        durationSec: 1,
      })
      await sendRecordingCallback(target('/twilio/recording'), {
        ...one,
        status: 'completed',
        durationSec: 1,
        channels: 1,
      })
      return (await running.settled(one)).call
    }

    it('each get their own calls, and nobody gets those of an unknown number', async () => {
      const running = await start()
      const [first, second] = endpoints
      const inbound = await call(running, 'inbound', CUSTOMER, NUMBERS[0], 'inbound')
      const outbound = await call(running, 'outbound', NUMBERS[1], CUSTOMER, 'outbound-api')
      const between = await call(running, 'between', NUMBERS[1], NUMBERS[0], 'inbound')
      const unknown = await call(running, 'unknown', CUSTOMER, '+97239999999', 'inbound')

      expect(first?.received.map(({ event }) => event.data.call_sid)).to.deep.equal([
        inbound.call_sid,
        between.call_sid,
      ])
      expect(second?.received.map(({ event }) => event.data.call_sid)).to.deep.equal([outbound.call_sid])
      expect(installation.surroundings.endpoint.received.map(({ event }) => event.data.call_sid)).to.deep.equal([
        unknown.call_sid,
      ])
      expect([first?.forged, second?.forged, installation.surroundings.endpoint.forged]).to.deep.equal([0, 0, 0])
      expect(unknown.business_id).to.equal(null)
      expect(second?.received[0]?.event.data).to.include({ business_name: 'Business 1', phone: CUSTOMER })
    })
  })
})
