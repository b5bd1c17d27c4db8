import { expect } from 'chai'
import { sidOf } from '../../support/calls.ts'
import { aftercall } from '../../support/command-line.ts'
import { freshInstallation } from '../../support/installation.ts'
import { needPrograms } from '../../support/programs.ts'
import { onEachDatabase } from '../../support/stores.ts'

describe('aftercall cancel', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const cancel = (callSid: string) => {
      const { folder, environment } = installation.surroundings
      return aftercall(['cancel', callSid], { cwd: folder, env: environment })
    }

    it('has the run ended by the worker that takes it next', async () => {
      const web = await installation.start({ role: 'web' })
      const call = await web.placeCall('one')
      const { exit, stdout, stderr } = await cancel(call.callSid)
      expect({ exit, stdout }).to.deep.equal({ exit: 0, stdout: '' })
      expect(stderr).to.include(`aftercall calls ${call.callSid}`)
      await web.stop()
      const all = await installation.start()
      const { call: row, run } = await all.settled(call)
      expect([row.status, run?.outcome]).to.deep.equal(['cancelled', 'cancelled'])
      expect(installation.surroundings.openai.requests).to.deep.equal([])
    })

    it('needs no usable pipeline', async () => {
      const web = await installation.start({ role: 'web' })
      const call = await web.placeCall('one')
      await installation.surroundings.writePipeline('version: 7')
      expect((await cancel(call.callSid)).exit).to.equal(0)
    })

    it('fails where the outcome is decided, and where there is no run', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      await running.settled(call)
      const late = await cancel(call.callSid)
      expect(late.exit).to.equal(1)
      expect(late.stderr).to.include('error conflict: ').and.include('completed already')
      expect((await cancel(sidOf('CA', 'nobody'))).exit).to.equal(1)
      expect((await running.view(call)).call.status).to.equal('processed')
    })

    it('ends with 2 on a malformed SID', async () => {
      expect((await cancel('CA1')).exit).to.equal(2)
    })
  })
})
