import { expect } from 'chai'
import { sidOf } from '../../support/calls.ts'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'
import { freshInstallation } from '../../support/installation.ts'
import { needPrograms } from '../../support/programs.ts'
import { onEachDatabase } from '../../support/stores.ts'

describe('aftercall rerun', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const rerun = (...argv: readonly string[]) => {
      const { folder, environment } = installation.surroundings
      return aftercall(['rerun', ...argv], { cwd: folder, env: environment })
    }
    const failTranscriptions = () =>
      installation.surroundings.openai.faults.always('transcriptions', { kind: 'status', status: 401 })

    it('starts a new run from a stage on, which a running server takes up', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      const first = await running.settled(call)
      const { exit, stdout, stderr } = await rerun(call.callSid, '--from', 'extract', '--json')
      expect(exit).to.equal(0)
      expect(stderr)
        .to.include('A running server takes this up')
        .and.include(`Watch a call: aftercall calls ${call.callSid}`)
      const [started] = JSON.parse(stdout)
      expect(started).to.deep.include({ call_sid: call.callSid, stages: ['extract', 'webhook'], error: null })
      expect(started.run_id).not.to.equal(first.run?.id)
      const second = await running.settled(call, started.run_id)
      expect(second.run?.outcome).to.equal('completed')
      const done = await running.attempts(started.run_id)
      expect(done.map(({ stage_id }) => stage_id)).to.deep.equal(['extract', 'webhook'])
    })

    it('runs those again that have failed, from where they failed', async () => {
      const running = await installation.start()
      failTranscriptions()
      const call = await running.placeCall('one')
      await running.settled(call)
      installation.surroundings.openai.faults.clear()
      await running.settled(await running.placeCall('good'))

      const dry = await rerun('--failed', '--since', '1h', '--dry-run')
      expect(dry).to.deep.equal({
        exit: 0,
        stdout: `${call.callSid}  would run stt, summarize, extract, webhook\n`,
        stderr: '',
      })
      const { exit, stdout } = await rerun('--failed', '--since', '1h', '--json')
      expect(exit).to.equal(0)
      const started = JSON.parse(stdout)
      expect(started).to.have.length(1)
      expect((await running.settled(call, started[0].run_id)).call.status).to.equal('processed')
      expect(await rerun('--failed', '--since', '1h')).to.deep.equal({
        exit: 0,
        stdout: '',
        stderr: 'No run has failed in this time.\n',
      })
    })

    it('fails for each call that cannot be rerun, and reruns the others', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      await running.settled(call)
      const { exit, stdout } = await rerun(sidOf('CA', 'nobody'), call.callSid, call.callSid)
      expect(exit).to.equal(1)
      expect(stdout)
        .to.include(`${sidOf('CA', 'nobody')}  not-found: `)
        .and.match(new RegExp(`^${call.callSid}  run [0-9a-f-]{36}: recording-store, `, 'm'))
      expect(stdout.match(/ {2}run /g)).to.have.length(1)
    })

    it('refuses a call whose run is not over, and says when no worker is there', async () => {
      const web = await installation.start({ role: 'web' })
      const call = await web.placeCall('one')
      const early = await rerun(call.callSid)
      expect(early.exit).to.equal(1)
      expect(early.stdout).to.include('conflict: ').and.include(`aftercall cancel ${call.callSid}`)
      await web.stop()
      const all = await installation.start()
      await all.settled(call)
      await all.stop()
      const { exit, stderr } = await rerun(call.callSid)
      expect(exit).to.equal(0)
      expect(stderr).to.include('No worker is running: `aftercall start`')
    })

    it('ends with 2 on a stage that there is not, and on a pipeline that cannot be used', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      await running.settled(call)
      const unknown = await rerun(call.callSid, '--from', 'nonsense')
      expect(unknown.exit).to.equal(2)
      expect(unknown.stderr).to.include('there is no stage "nonsense"').and.include('extract')
      await installation.surroundings.writePipeline('version: 7')
      expect((await rerun(call.callSid)).exit).to.equal(2)
    })
  })
})

describe('aftercall rerun, asked for wrongly', () => {
  const folder = freshFolder()

  it('ends with 2', async () => {
    const sid = sidOf('CA', 'one')
    for (const argv of [
      [],
      ['CA1'],
      [sid, 'CA1'],
      [sid, '--failed', '--since', '1h'],
      [sid, '--since', '1h'],
      ['--failed'],
      ['--since', '1h'],
      ['--failed', '--since', 'yesterday'],
      ['--failed', '--since', '1w'],
    ]) {
      const { exit, stdout, stderr } = await aftercall(['rerun', ...argv], { cwd: folder.path })
      expect({ exit, stdout }, argv.join(' ')).to.deep.equal({ exit: 2, stdout: '' })
      expect(stderr).to.match(/^error: /)
    }
  })
})
