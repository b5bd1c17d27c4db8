import { expect } from 'chai'
import { rowsOf } from '../../core/store/database.ts'
import { sidOf } from '../support/calls.ts'
import { freshInstallation, type Running } from '../support/installation.ts'
import { freshProcesses } from '../support/processes.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import { makeTraps, trappedPipeline } from '../support/traps.ts'

describe('a worker that stalls past its lease and wakes up', function () {
  this.timeout(40_000)
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const processes = freshProcesses()

    it('changes nothing: another has taken its run over', async () => {
      const web = await installation.start({ role: 'web', pipeline: trappedPipeline() })
      const { surroundings } = installation
      const traps = await makeTraps(surroundings.folder)
      await traps.set(sidOf('CA', 'one'), 'summarize', 'before its work')
      const call = await web.placeCall('one')
      const stalled = processes.worker(surroundings, { heartbeatMs: 50 }, traps.environment)
      await stalled.line('summarize is caught', ({ msg }) => msg === 'Trapped before its work')
      await stalled.line('extract is done', ({ event }) => event?.type === 'stage-done' && event.stage === 'extract')
      stalled.signal('SIGSTOP')
      const other = processes.worker(surroundings, { heartbeatMs: 50, leaseMs: 300, pollMs: 50 }, traps.environment)
      await other.line('the run is settled', ({ event }) => event?.type === 'run-settled')
      const before = await everything(web)

      surroundings.openai.faults.always('chat', { kind: 'text', text: 'Words that come too late.' })
      await traps.release()
      stalled.signal('SIGCONT')
      await stalled.line('it notices', ({ msg }) => msg.startsWith('Another worker has taken this run over'))
      expect(await everything(web)).to.deep.equal(before)
      expect((await web.view(call)).call.summary).to.not.match(/too late/)
      expect(surroundings.endpoint.of(call.callSid)).to.have.length(1)
    })
  })
})

/** All that runs have written. */
async function everything({ app }: Running): Promise<Readonly<Record<string, unknown>>> {
  const tables = ['call_log', 'run', 'run_stage', 'attempt', 'artifact', 'part']
  const rows = await Promise.all(
    tables.map(async (table) => {
      const all = await rowsOf(app.store.database, `SELECT * FROM ${table}`)
      return [table, all.map((row) => JSON.stringify(row)).toSorted()]
    }),
  )
  return Object.fromEntries(rows)
}
