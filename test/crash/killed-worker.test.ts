import { expect } from 'chai'
import { sidOf } from '../support/calls.ts'
import { eventually } from '../support/eventually.ts'
import { filesBelow } from '../support/files.ts'
import { freshInstallation, type Running } from '../support/installation.ts'
import type { StageName } from '../support/pipelines.ts'
import type { Moment } from '../support/plugins/_traps/trap.ts'
import { freshProcesses, type RunningProcess, type WorkerSettings } from '../support/processes.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import type { PlacedCall } from '../support/surroundings.ts'
import { makeTraps, STAGES, type Traps, trappedPipeline } from '../support/traps.ts'

/** Only one worker lives at a time here, so that a short lease takes nothing from the living. */
const SHORT_LEASE: WorkerSettings = { heartbeatMs: 50, leaseMs: 300, pollMs: 50 }

describe('a run whose worker is killed', function () {
  this.timeout(40_000)
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const processes = freshProcesses()
    const settled = (worker: RunningProcess, { callSid }: PlacedCall) =>
      worker.line(`the run of ${callSid} is settled`, ({ event }) => {
        return event?.type === 'run-settled' && event.callSid === callSid
      })
    const noFilesLeft = async () => {
      const { dataDir } = installation.surroundings
      expect(await filesBelow(dataDir, 'runs')).to.deep.equal([])
      expect(await filesBelow(dataDir, 'recordings/.incoming')).to.deep.equal([])
    }

    it('in any stage, before or after its work and before its commit, ends completed and redoes only that', async () => {
      const web = await installation.start({ role: 'web', pipeline: trappedPipeline() })
      const { surroundings } = installation
      const traps = await makeTraps(surroundings.folder)
      const caughtCalls: CaughtCall[] = []
      for (const moment of ['before its work', 'after its work'] as const) {
        for (const stage of STAGES) {
          const words = `${moment}: ${stage}`
          await traps.set(sidOf('CA', words), stage, moment)
          caughtCalls.push({ stage, moment, call: await web.placeCall(words) })
        }
      }

      const first = processes.worker(surroundings, SHORT_LEASE, traps.environment)
      for (const caughtCall of caughtCalls) await caught(first, caughtCall)
      await first.kill()
      const second = processes.worker(surroundings, SHORT_LEASE, traps.environment)
      for (const { call } of caughtCalls) await settled(second, call)

      for (const { call, stage, moment } of caughtCalls) {
        await onlyRedone(web, traps, call, stage)
        const deliveries = surroundings.endpoint.of(call.callSid)
        expect(deliveries, stage).to.have.length(stage === 'webhook' && moment === 'after its work' ? 2 : 1)
        expect(new Set(deliveries.map(({ id }) => id)).size, stage).to.equal(1)
      }
      await noFilesLeft()
    })

    it('after the commit of each stage in turn goes on with the next one', async () => {
      const web = await installation.start({ role: 'web', pipeline: trappedPipeline() })
      const { surroundings } = installation
      const traps = await makeTraps(surroundings.folder)
      const call = await web.placeCall('one')
      let finished: Readonly<Record<string, number | undefined>> = {}
      for (const stage of STAGES) {
        const worker = processes.worker(surroundings, SHORT_LEASE, traps.environment)
        await eventually(`${stage} is committed`, async () => (await isDone(web, call, stage)) || undefined)
        await worker.kill()
        const begun = await traps.begun(call.callSid)
        expect(begun, `after ${stage}`).to.include(finished)
        finished = Object.fromEntries((await doneStages(web, call)).map((id) => [id, begun[id]]))
      }
      const last = processes.worker(surroundings, SHORT_LEASE, traps.environment)
      await eventually('the run is settled', async () => {
        return (await web.view(call)).run?.status === 'settled' || undefined
      })
      await last.kill()

      expect(await traps.begun(call.callSid)).to.include(finished)
      const { run, call: row } = await web.view(call)
      expect(row.status).to.equal('processed')
      expect(run?.outcome).to.equal('completed')
      // The worker may have been in the middle of the delivery when it was killed for what came before.
      expect(new Set(surroundings.endpoint.of(call.callSid).map(({ id }) => id)).size).to.equal(1)
    })
  })
})

interface CaughtCall {
  readonly call: PlacedCall
  readonly stage: StageName
  readonly moment: Moment
}

/** Until the attempt is caught, and what runs beside it has been committed. */
async function caught(worker: RunningProcess, { call: { callSid }, stage, moment }: CaughtCall): Promise<void> {
  await worker.line(`${stage} is caught`, (line) => {
    return line.msg === `Trapped ${moment}` && line.callSid === callSid && line.stage === stage
  })
  const beside = { summarize: 'extract', extract: 'summarize' }[String(stage)]
  if (beside === undefined) return
  await worker.line(`${beside} is done`, ({ event }) => {
    return event?.type === 'stage-done' && event.callSid === callSid && event.stage === beside
  })
}

async function onlyRedone(web: Running, traps: Traps, call: PlacedCall, stage: StageName): Promise<void> {
  const { call: row, run } = await web.view(call)
  expect(row.status, stage).to.equal('processed')
  expect(run, stage).to.include({ status: 'settled', outcome: 'completed' })
  const begun = await traps.begun(call.callSid)
  expect(begun, stage).to.deep.equal(Object.fromEntries(STAGES.map((id) => [id, id === stage ? 2 : 1])))

  const attempts = await web.attempts(run?.id ?? '')
  const results = Object.groupBy(attempts, ({ stage_id }) => stage_id)
  for (const id of STAGES) {
    const expected = id === stage ? ['lost', 'done'] : ['done']
    expect(
      results[id]?.map(({ result }) => result),
      `${id} of the run that was caught in ${stage}`,
    ).to.deep.equal(expected)
  }
  expect(results[stage]?.[0]?.error?.code).to.equal('worker-lost')
}

async function doneStages(web: Running, call: PlacedCall): Promise<readonly string[]> {
  const stages = (await web.view(call)).run?.stages ?? []
  return stages.filter(({ status }) => status === 'done').map(({ id }) => id)
}

async function isDone(web: Running, call: PlacedCall, stage: StageName): Promise<boolean> {
  return (await doneStages(web, call)).includes(stage)
}
