import { expect } from 'chai'
import { rowsOf } from '../../core/store/database.ts'
import { openStore } from '../../core/store/store.ts'
import { sendStatusCallback } from '../../sandbox/twilio/index.ts'
import { sidOf } from '../support/calls.ts'
import { eventually } from '../support/eventually.ts'
import { freshInstallation } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { MIGRATIONS, onEachDatabase } from '../support/stores.ts'
import { BUSINESS, CUSTOMER } from '../support/surroundings.ts'

describe('a recording that is started by a request', () => {
  onEachDatabase((given) => {
    const installation = freshInstallation(given)

    for (const [what, fault, begunAtFirst] of [
      ['Twilio refused it at first', { kind: 'status', status: 503 }, 0],
      ['the answer to the first request was lost', { kind: 'disconnect' }, 1],
    ] as const) {
      it(`is started once, by whoever works after the process that took the callback, where ${what}`, async () => {
        const text = JSON.stringify({ ...JSON.parse(pipeline()), twilio: { recording: 'rest' } })
        const web = await installation.start({ role: 'web', pipeline: text })
        const { twilio } = installation.surroundings
        const callSid = sidOf('CA', 'one')
        twilio.addCall(callSid, { from: CUSTOMER, to: BUSINESS, status: 'in-progress' })
        twilio.faults.next('begin', fault)
        const { accountSid, authToken } = twilio
        const answer = await sendStatusCallback(
          { url: 'https://calls.example.com/twilio/status', at: web.url, accountSid, authToken },
          {
            callSid,
            from: CUSTOMER,
            to: BUSINESS,
            direction: 'outbound-api',
            status: 'in-progress',
            sequenceNumber: 2,
          },
        )
        expect(answer.status, 'acknowledged whatever comes of the request').to.equal(204)
        await web.stop()
        expect(twilio.begun).to.have.length(begunAtFirst)

        // As if the time that others leave to the first had passed.
        const { database } = openStore({ address: given.address, migrations: MIGRATIONS })
        await rowsOf(database, `UPDATE recording_start SET due_at = '2020-01-01T00:00:00.000Z'`)
        await database.knex.destroy()
        const all = await installation.start()
        const found = await eventually('the call is recorded', async () => {
          const call = (await all.app.store.findCall(callSid))?.call
          return call?.recording_sid === null ? undefined : call
        })
        expect(twilio.begun).to.have.length(1)
        expect(found).to.include({ recording_sid: twilio.begun[0]?.sid, recording_status: 'in-progress' })
        expect(all.lines.map(({ message }) => message)).to.include(
          `Recording started for ${callSid}: ${twilio.begun[0]?.sid}`,
        )
      })
    }
  })
})
