import { expect } from 'chai'
import { rowsOf } from '../../core/store/database.ts'
import { openStore, type Store } from '../../core/store/store.ts'
import { sendRecordingCallback, sendStatusCallback, sendVoiceWebhook } from '../../sandbox/twilio/index.ts'
import { sidOf } from '../support/calls.ts'
import { eventually } from '../support/eventually.ts'
import { pipeline } from '../support/pipelines.ts'
import { freshPostgres } from '../support/postgres.ts'
import { freshProcesses } from '../support/processes.ts'
import { MIGRATIONS } from '../support/stores.ts'
import { BUSINESS, CUSTOMER, openSurroundings, type Surroundings } from '../support/surroundings.ts'

describe('two servers that take the same callbacks at once', () => {
  const postgres = freshPostgres()
  const processes = freshProcesses()
  let surroundings: Surroundings
  let store: Store

  beforeEach(async () => {
    surroundings = await openSurroundings({ kind: 'postgres', url: postgres.url })
    store = openStore({ address: { kind: 'postgres', url: postgres.url }, migrations: MIGRATIONS })
  })
  afterEach(async () => {
    await store.close()
    await surroundings.close()
  })

  it('do everything once: one call, one recording that is started, one run each', async function () {
    this.timeout(60_000)
    const twilio = { handling: 'dial', dial: { to: '+97235550100' }, recording: 'rest' }
    await surroundings.writePipeline(JSON.stringify({ ...JSON.parse(pipeline()), twilio }))
    const servers = [1, 2].map(() => processes.aftercall(surroundings, ['start', '--role', 'web']))
    const urls = await Promise.all(
      servers.map(async (server) => (await server.line('it listens', ({ url }) => url !== undefined)).url ?? ''),
    )
    const callSid = sidOf('CA', 'one')
    const recordingSid = sidOf('RE', 'one')
    const { accountSid, authToken } = surroundings.twilio
    surroundings.twilio.addCall(callSid, { from: CUSTOMER, to: BUSINESS, status: 'in-progress' })
    const targets = (path: string) =>
      [1, 2, 3, 4, 5].flatMap(() =>
        urls.map((at) => ({ url: `https://calls.example.com${path}`, at, accountSid, authToken })),
      )
    const call = { callSid, from: CUSTOMER, to: BUSINESS }
    const recording = { callSid, recordingSid, durationSec: 1, channels: 1 } as const

    const answers = await Promise.all([
      ...targets('/twilio/voice').map((target) => sendVoiceWebhook(target, call)),
      ...targets('/twilio/status').map((target) =>
        sendStatusCallback(target, { ...call, status: 'in-progress', sequenceNumber: 2 }),
      ),
    ])
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200, 204]))
    await eventually('the recording that was asked for is known', async () => {
      const found = await store.findCall(callSid)
      return found?.call.recording_sid === null ? undefined : found
    })
    const more = await Promise.all([
      ...targets('/twilio/status').map((target) =>
        sendStatusCallback(target, { ...call, status: 'completed', sequenceNumber: 3, durationSec: 1 }),
      ),
      ...targets('/twilio/recording').map((target) =>
        sendRecordingCallback(target, { ...recording, status: 'in-progress' }),
      ),
      ...targets('/twilio/recording').map((target) =>
        sendRecordingCallback(target, { ...recording, status: 'completed' }),
      ),
    ])
    expect(new Set(more.map(({ status }) => status))).to.deep.equal(new Set([204]))

    const count = async (table: string) => {
      const [row] = await rowsOf<{ count: string }>(store.database, `SELECT COUNT(*) AS count FROM ${table}`)
      return Number(row?.count)
    }
    expect(await Promise.all(['call_log', 'run', 'recording_start'].map(count))).to.deep.equal([1, 1, 1])
    expect(surroundings.twilio.begun).to.have.length(1)
    expect((await store.findCall(callSid))?.call).to.include({
      status: 'recorded',
      call_status: 'completed',
      recording_sid: recordingSid,
    })
    const begun = surroundings.twilio.begun[0]?.sid
    const said = servers
      .flatMap(({ lines }) => lines.map(({ msg }) => msg))
      .filter((msg) => msg.startsWith('Recording started'))
    expect(said.sort()).to.deep.equal(
      [begun, recordingSid].map((sid) => `Recording started for ${callSid}: ${sid}`).sort(),
    )
  })
})
