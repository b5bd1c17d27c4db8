import { expect } from 'chai'
import { metricsRouter } from '../../../core/api/metrics.ts'
import { silentLogger } from '../../../core/contracts/index.ts'
import { type RunningServer, startServer } from '../../../core/http/index.ts'
import { rowsOf } from '../../../core/store/database.ts'
import { claimOne, startRun } from '../../support/calls.ts'
import { onEachStore } from '../../support/stores.ts'

const TOKEN = 'a-token-of-the-tests'

describe('GET /metrics', () => {
  onEachStore((store) => {
    let server: RunningServer
    beforeEach(async () => {
      const routers = [metricsRouter({ store: store(), adminToken: TOKEN })]
      server = await startServer({ host: '127.0.0.1', port: 0, logger: silentLogger, routers })
    })
    afterEach(() => server.close())

    async function metrics(): Promise<readonly string[]> {
      const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
      expect(answer.status).to.equal(200)
      expect(answer.headers.get('content-type')).to.match(/^text\/plain/)
      return (await answer.text()).split('\n')
    }

    it('asks for the token', async () => {
      expect((await fetch(`${server.url}/metrics`)).status).to.equal(401)
    })

    it('counts calls, runs, deliveries, workers and recordings that have ended', async () => {
      expect(await metrics()).to.include.members([
        'aftercall_workers 0',
        'aftercall_recordings_deleted_at_twilio_total 0',
        'aftercall_recordings_erased_total 0',
      ])
      await startRun(store(), 'one')
      await startRun(store(), 'two')
      await claimOne(store())
      await rowsOf(store().database, `UPDATE recording SET deleted_at = created_at`)
      expect(await metrics()).to.include.members([
        'aftercall_calls{status="processing"} 1',
        'aftercall_calls{status="recorded"} 1',
        'aftercall_runs_open{status="queued"} 1',
        'aftercall_runs_open{status="running"} 1',
        'aftercall_workers 1',
        'aftercall_recordings_deleted_at_twilio_total 2',
      ])
    })
  })
})
