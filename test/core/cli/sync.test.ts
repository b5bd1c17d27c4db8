import { expect } from 'chai'
import { sidOf } from '../../support/calls.ts'
import { aftercall } from '../../support/command-line.ts'
import { freshInstallation } from '../../support/installation.ts'
import { needPrograms } from '../../support/programs.ts'
import { onEachDatabase } from '../../support/stores.ts'
import { BUSINESS, CUSTOMER, SHORT_RECORDING } from '../../support/surroundings.ts'

describe('aftercall sync', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const sync = (...argv: readonly string[]) => {
      const { folder, environment } = installation.surroundings
      return aftercall(['sync', ...argv], { cwd: folder, env: environment })
    }
    /** A call that ended so long ago, and whose callbacks never came. */
    async function lostCall(words: string, hoursAgo: number) {
      const { twilio } = installation.surroundings
      const call = { callSid: sidOf('CA', words), recordingSid: sidOf('RE', words) }
      const startedAt = new Date(Date.now() - hoursAgo * 3_600_000)
      twilio.addCall(call.callSid, { from: CUSTOMER, to: BUSINESS, startedAt, durationSec: 1 })
      await twilio.addRecording(call.recordingSid, { audio: SHORT_RECORDING, callSid: call.callSid, startedAt })
      return call
    }

    it('starts what no callback told of, which a running server processes to the end', async () => {
      const running = await installation.start()
      const call = await lostCall('lost', 5)
      const { exit, stdout, stderr } = await sync('--since', '24h')
      expect({ exit, stderr }).to.deep.equal({
        exit: 0,
        stderr: 'page 1: 1 recordings seen, 1 new\nA running server takes these up within a second.\n',
      })
      expect(stdout).to.match(new RegExp(`^${call.recordingSid}  started\nSince .+: 1 seen, 0 known, 1 started\\.\n$`))
      const { call: row } = await running.settled(call)
      expect(row).to.include({ status: 'processed', from_number: CUSTOMER, to_number: BUSINESS })
      expect(installation.surroundings.endpoint.of(call.callSid)).to.have.length(1)
    })

    it('says what it would start, as JSON, and starts nothing', async () => {
      await installation.start()
      const { recordingSid } = await lostCall('lost', 40 * 24)
      const { exit, stdout } = await sync('--since', '60d', '--dry-run', '--json')
      expect(exit).to.equal(0)
      const { since, ...told } = JSON.parse(stdout)
      expect(Date.parse(since)).to.be.closeTo(Date.now() - 60 * 24 * 3_600_000, 60_000)
      const counts = { pages: 1, seen: 1, known: 0, others: 0 }
      expect(told).to.deep.equal({ ...counts, started: [recordingSid], dry_run: true })
      expect(JSON.parse((await sync('--since', '60d', '--dry-run', '--json')).stdout).started).to.have.length(1)
    })

    it('says in one line what is wrong, and with a code', async () => {
      await installation.start({ role: 'web' })
      const { folder, environment } = installation.surroundings
      const wrong = { cwd: folder, env: { ...environment, TWILIO_AUTH_TOKEN: 'wrong' } }
      const refused = await aftercall(['sync'], wrong)
      expect(refused.exit).to.equal(1)
      expect(refused.stderr).to.match(/^error provider-credentials: Twilio refused the credentials \(401\)\nCopy .+\n$/)
      const { TWILIO_AUTH_TOKEN: _, ...without } = environment
      const missing = await aftercall(['sync'], { cwd: folder, env: without })
      expect(missing.exit).to.equal(1)
      expect(missing.stderr).to.match(/^error key-missing: /)
      expect((await sync('--since', 'yesterday')).exit).to.equal(2)
    })
  })
})
