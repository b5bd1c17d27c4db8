import { expect } from 'chai'
import { freshInstallation } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'

describe('a driver that breaks its contract', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    if (given.kind === 'postgres') return
    const installation = freshInstallation(given)
    const faulty = (fault: string, changes: Readonly<Record<string, unknown>> = {}) =>
      pipeline({
        summarize: {
          use: 'faulty',
          with: { fault },
          retry: { attempts: 2, delay: '20ms', maxDelay: '40ms' },
          ...changes,
        },
      })

    for (const { fault, code, message, attempts } of [
      {
        fault: 'wrong-shape',
        code: 'contract-broken',
        message: /^summarize\/faulty returned no valid summary/,
        attempts: 1,
      },
      {
        fault: 'nothing',
        code: 'contract-broken',
        message: /^summarize\/faulty returned no valid summary/,
        attempts: 1,
      },
      { fault: 'string', code: 'driver-error', message: /^summarize\/faulty: no luck$/, attempts: 2 },
      { fault: 'null', code: 'driver-error', message: /^summarize\/faulty: threw null$/, attempts: 2 },
    ]) {
      it(`(${fault}) fails the run with its name in the error`, async () => {
        const running = await installation.start({ pipeline: faulty(fault) })
        const call = await running.placeCall(fault)
        const view = await running.settled(call)
        expect(view.call).to.include({ status: 'failed', error_code: code })
        const stage = view.run?.stages.find(({ id }) => id === 'summarize')
        expect(stage).to.include({ status: 'failed', attempts })
        expect(stage?.error?.message).to.match(message)
        expect(stage?.error?.remedy).to.be.a('string').and.not.equal('')
        expect(installation.surroundings.endpoint.of(call.callSid)[0]?.event.type).to.equal('call.failed')
        expect(view.call.final_transcript, 'what was there before is kept').to.be.a('string')
      })
    }

    it('by ignoring its abort does not keep the run', async () => {
      const running = await installation.start({
        pipeline: faulty('ignores-abort', { timeout: '100ms', optional: true }),
        worker: { abortGraceMs: 100 },
      })
      const view = await running.settled(await running.placeCall('ignores abort'))
      expect(view.run?.outcome).to.equal('completed')
      const stage = view.run?.stages.find(({ id }) => id === 'summarize')
      expect(stage).to.include({ status: 'failed', attempts: 2 })
      expect(stage?.error?.code).to.equal('driver-ignored-abort')
      expect(stage?.error?.message).to.match(/^summarize\/faulty took longer than 0\.1 s/)
    })

    it('by failing in close is named in the log, and everything else is closed', async () => {
      const running = await installation.start({ pipeline: faulty('fails-in-close') })
      await running.settled(await running.placeCall('fails in close'))
      await running.stop()
      expect(running.lines.map(({ message }) => message).join('\n')).to.match(
        /summarize\/faulty failed to close: the door is stuck/,
      )
    })

    it('by hanging in close is named in the log, and keeps nobody from stopping', async () => {
      const running = await installation.start({ pipeline: faulty('hangs-in-close') })
      await running.settled(await running.placeCall('hangs in close'))
      await running.stop()
      expect(running.lines.map(({ message }) => message).join('\n')).to.match(/summarize\/faulty did not close/)
    })
  })
})
