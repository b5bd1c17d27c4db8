import { expect } from 'chai'
import type { Fault } from '../../sandbox/twilio/index.ts'
import { filesBelow } from '../support/files.ts'
import { freshInstallation } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'

const XML =
  "<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse><RestException><Code>20404</Code></RestException></TwilioResponse>"

describe('a recording that is none', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    if (given.kind === 'postgres') return
    const installation = freshInstallation(given)

    const cases: readonly {
      readonly what: string
      readonly fault: Fault
      readonly code: string
      readonly tries: number
    }[] = [
      {
        what: 'cut short',
        fault: { kind: 'truncate', afterBytes: 5_000, promise: 'part' },
        code: 'recording-truncated',
        tries: 2,
      },
      {
        what: 'broken off',
        fault: { kind: 'truncate', afterBytes: 1_000, promise: 'whole' },
        code: 'provider-unreachable',
        tries: 2,
      },
      { what: 'empty', fault: { kind: 'body', body: '' }, code: 'recording-empty', tries: 1 },
      {
        what: 'no audio at all',
        fault: { kind: 'body', body: 'this is no recording, but a letter to you' },
        code: 'recording-not-audio',
        tries: 1,
      },
      {
        what: 'XML that is served as audio',
        fault: { kind: 'body', body: XML },
        code: 'recording-not-audio',
        tries: 1,
      },
      {
        what: 'audio that is served as a web page',
        fault: { kind: 'content-type', contentType: 'text/html' },
        code: 'recording-not-audio',
        tries: 1,
      },
    ]
    for (const { what, fault, code, tries } of cases) {
      it(`(${what}) fails the call with ${code}, is not kept, and is fetched anew by a rerun`, async () => {
        const running = await installation.start({
          pipeline: pipeline({ 'recording-store': { retry: { attempts: 2, delay: '20ms', maxDelay: '40ms' } } }),
        })
        const { twilio, endpoint, dataDir } = installation.surroundings
        twilio.faults.always('media', fault)
        const call = await running.placeCall(what)
        const failed = await running.settled(call)
        expect(failed.call).to.include({ status: 'failed', error_code: code })
        expect(failed.run?.stages[0]).to.include({ id: 'recording-store', status: 'failed', attempts: tries })
        expect(failed.call.error_message).to.match(/^recording-store\/filesystem: /)
        expect((await filesBelow(dataDir, 'recordings')).filter((file) => file.endsWith('.wav'))).to.deep.equal([])
        expect(await filesBelow(dataDir, 'recordings/.incoming')).to.deep.equal([])

        twilio.faults.clear()
        const { body } = await running.post<{ run: { id: string } }>(`/api/calls/${call.callSid}/rerun`, {})
        expect((await running.settled(call, body.run.id)).call.status).to.equal('processed')
        expect(endpoint.of(call.callSid).map(({ event }) => event.type)).to.deep.equal([
          'call.failed',
          'call.completed',
        ])
      })
    }

    it('yet (404 right after the callback) is waited for', async () => {
      const running = await installation.start()
      const call = await running.placeCall('not ready', { notReadyTimes: 1 })
      const view = await running.settled(call)
      expect(view.run?.outcome).to.equal('completed')
      const [first, second] = (await running.attempts(view.run?.id ?? '')).filter(
        ({ stage_id }) => stage_id === 'recording-store',
      )
      expect([first?.result, first?.error?.code, second?.result]).to.deep.equal([
        'failed',
        'recording-not-ready',
        'done',
      ])
    })
  })
})
