import { expect } from 'chai'
import { sidOf } from '../support/calls.ts'
import { freshProcesses } from '../support/processes.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import { openSurroundings, type Surroundings } from '../support/surroundings.ts'

const HEARD = 'Hello, I need a plumber in Tel Aviv, the kitchen sink is leaking.'

describe('aftercall start', function () {
  this.timeout(40_000)
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const processes = freshProcesses()
    let surroundings: Surroundings
    beforeEach(async () => {
      surroundings = await openSurroundings(given.address)
    })
    afterEach(() => surroundings.close())

    it('migrates, takes callbacks, works, and logs what ops grep for, each line with its call and stage', async () => {
      const server = processes.aftercall(surroundings, ['start'])
      const { url = '' } = await server.line('it listens', ({ msg }) => msg.startsWith('Listening on'))
      const callSid = sidOf('CA', 'one')
      const recordingSid = sidOf('RE', 'one')
      await surroundings.sendRecordingStarted(url, { callSid, recordingSid })
      await surroundings.placeCall(url, 'one')
      await server.line('the webhook is queued', ({ msg }) => msg === '[WEBHOOK] Webhook queued')

      const expected = [
        { msg: `Recording started for ${callSid}: ${recordingSid}`, stage: undefined },
        { msg: `handle_recording: Saved recording_sid ${recordingSid} for ${callSid}`, stage: undefined },
        { msg: '[OFFLINE_STT] Audio converted to optimal format (WAV 16kHz mono)', stage: 'transcode' },
        { msg: `[OFFLINE_STT] Transcript obtained: ${HEARD.length} chars`, stage: 'stt' },
        { msg: `Saved final_transcript (${HEARD.length} chars)`, stage: 'stt' },
        { msg: "Extracted: service='plumber', city='Tel Aviv'", stage: 'extract' },
        { msg: '[WEBHOOK] Webhook queued', stage: 'webhook' },
      ]
      const runId = server.lines.find(({ msg }) => msg.startsWith('handle_recording'))?.runId
      expect(runId).to.be.a('string')
      for (const { msg, stage } of expected) {
        const [line, ...repeated] = server.lines.filter((printed) => printed.msg === msg)
        expect(line, msg).to.include({ level: 'info', callSid })
        expect(line?.stage, msg).to.equal(stage)
        if (stage !== undefined) expect(line?.runId, msg).to.equal(runId)
        expect(repeated, msg).to.deep.equal([])
      }
      const order = expected.map(({ msg }) => server.lines.findIndex((line) => line.msg === msg))
      expect(order).to.deep.equal(order.toSorted((one, other) => one - other))

      server.signal('SIGTERM')
      expect(await server.ended).to.deep.equal({ code: 0, signal: null })
      const log = JSON.stringify(server.lines) + server.stderr()
      for (const secret of ['TWILIO_AUTH_TOKEN', 'OPENAI_API_KEY', 'WEBHOOK_SECRET', 'ADMIN_TOKEN']) {
        expect(log, secret).to.not.include(surroundings.environment[secret])
      }
      expect(log, 'nor what was said').to.not.include('kitchen sink')
    })
  })
})
