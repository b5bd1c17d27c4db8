import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { CallPage } from '../../core/store/calls.ts'
import { rowsOf } from '../../core/store/database.ts'
import type { Delivery } from '../../core/store/deliveries.ts'
import { SAMPLE_FILE } from '../../sandbox/sample/index.ts'
import { filesBelow } from '../support/files.ts'
import { freshInstallation } from '../support/installation.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import { BUSINESS, CUSTOMER } from '../support/surroundings.ts'

/** What must always answer after a call. */
const CONTRACT_SQL = `SELECT recording_sid, recording_url, LENGTH(final_transcript) AS chars, extracted_city, extracted_service
  FROM call_log ORDER BY created_at DESC LIMIT 3;`

/** What the pretend OpenAI hears in every recording. */
const HEARD = 'Hello, I need a plumber in Tel Aviv, the kitchen sink is leaking.'

describe('a call, from its callbacks to the webhook', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)

    it('fills its row, so that the SQL of the contract answers', async () => {
      const running = await installation.start()
      const { twilio } = installation.surroundings
      const call = await running.placeCall('one')
      await running.settled(call)

      const rows = await rowsOf<Record<string, unknown>>(running.app.store.database, CONTRACT_SQL)
      expect(rows).to.have.length(1)
      expect({ ...rows[0], chars: Number(rows[0]?.['chars']) }).to.deep.equal({
        recording_sid: call.recordingSid,
        recording_url: `${twilio.url}/2010-04-01/Accounts/${twilio.accountSid}/Recordings/${call.recordingSid}`,
        chars: HEARD.length,
        extracted_city: 'Tel Aviv',
        extracted_service: 'plumber',
      })
    })

    it('delivers one signed event that holds everything', async () => {
      const running = await installation.start()
      const { endpoint } = installation.surroundings
      const call = await running.placeCall('one')
      await running.settled(call)

      expect(endpoint.forged).to.equal(0)
      expect(endpoint.received).to.have.length(1)
      const [received] = endpoint.of(call.callSid)
      expect(received?.event.type).to.equal('call.completed')
      expect(received?.event.data).to.include({
        call_sid: call.callSid,
        recording_sid: call.recordingSid,
        direction: 'inbound',
        from: CUSTOMER,
        to: BUSINESS,
        phone: CUSTOMER,
        duration_sec: 1,
        transcript: HEARD,
        summary: HEARD,
        city: 'Tel Aviv',
        service: 'plumber',
      })
      // The shape that receivers rely on, to the letter.
      expect(Object.keys(received?.event.data ?? {}).sort()).to.deep.equal([
        'artifacts',
        'business_id',
        'business_name',
        'call_sid',
        'city',
        'direction',
        'duration_sec',
        'ended_at',
        'fields',
        'from',
        'language',
        'phone',
        'recording_sid',
        'recording_url',
        'segments',
        'service',
        'started_at',
        'summary',
        'to',
        'transcript',
        'usage',
      ])
      expect(received?.event.data.fields).to.deep.equal({ city: 'Tel Aviv', service: 'plumber' })
    })

    it('keeps the two speakers of a dual-channel recording apart', async () => {
      const running = await installation.start()
      const { endpoint, openai } = installation.surroundings
      const call = await running.placeCall('two channels', { audio: await readFile(SAMPLE_FILE) })
      await running.settled(call)

      const segments = endpoint.of(call.callSid)[0]?.event.data.segments ?? []
      expect(segments.map(({ speaker }) => speaker)).to.have.members(['customer', 'agent'])
      expect(openai.requests.filter(({ route }) => route === 'transcriptions')).to.have.length(2)
    })

    it('is answered by the API with its stages, artifacts and audio', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      const view = await running.settled(call)

      expect(view.call).to.include({ call_sid: call.callSid, status: 'processed', call_status: 'completed' })
      expect(view.run).to.include({ status: 'settled', outcome: 'completed' })
      expect(view.run?.stages.map(({ id, status, attempts }) => [id, status, attempts])).to.deep.equal([
        ['recording-store', 'done', 1],
        ['transcode', 'done', 1],
        ['stt', 'done', 1],
        ['summarize', 'done', 1],
        ['extract', 'done', 1],
        ['webhook', 'done', 1],
      ])
      expect(view.artifacts).to.have.all.keys('recording', 'audio', 'transcript', 'summary', 'fields', 'receipt')

      const part = await fetch(new URL(`/api/calls/${call.callSid}/audio`, running.url), {
        headers: { Authorization: 'Bearer an-admin-token-of-the-tests', Range: 'bytes=0-3' },
      })
      expect([part.status, await part.text()]).to.deep.equal([206, 'RIFF'])
      const { body: sent } = await running.get<{ deliveries: readonly Delivery[] }>('/api/deliveries')
      expect(sent.deliveries).to.have.length(1)
      expect(sent.deliveries[0]).to.include({ call_sid: call.callSid, stage: 'webhook', status: 'done', attempts: 1 })
      const { body: found } = await running.get<CallPage>('/api/calls?q=plumber&status=processed')
      expect(found.calls).to.have.length(1)
    })

    it('starts one run however often Twilio repeats itself', async () => {
      const running = await installation.start()
      const { endpoint, twilio } = installation.surroundings
      const call = await running.placeCall('one')
      await Promise.all([1, 2, 3].map(() => installation.surroundings.sendCompleted(running.url, call)))
      await running.settled(call)
      const again = await installation.surroundings.sendCompleted(running.url, call)

      expect(again.status).to.equal(204)
      const runs = await rowsOf(running.app.store.database, 'SELECT id FROM run')
      expect(runs).to.have.length(1)
      expect(endpoint.received).to.have.length(1)
      expect(twilio.requests.filter(({ status }) => status === 200)).to.have.length(1)
    })

    it('leaves no files of the run behind', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      await running.settled(call)
      expect(await running.app.store.nextDueInMs()).to.equal(null)
      expect(await filesBelow(installation.surroundings.dataDir, 'runs')).to.deep.equal([])
    })
  })
})
