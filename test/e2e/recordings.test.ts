import { expect } from 'chai'
import { rowsOf } from '../../core/store/database.ts'
import { sidOf } from '../support/calls.ts'
import { eventually } from '../support/eventually.ts'
import { filesBelow } from '../support/files.ts'
import { freshInstallation } from '../support/installation.ts'
import { pipeline } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import { BUSINESS, CUSTOMER, SHORT_RECORDING } from '../support/surroundings.ts'

describe('recordings, from the lost callback to their end', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)

    it('are found after an outage by the first worker that starts', async () => {
      const { twilio } = installation.surroundings
      const before = await installation.start()
      const { database } = before.app.store
      await eventually('the cursor is put down', async () => (await rowsOf(database, 'SELECT cursor FROM sync'))[0])
      await before.stop()
      const call = { callSid: sidOf('CA', 'lost'), recordingSid: sidOf('RE', 'lost') }
      twilio.addCall(call.callSid, { from: CUSTOMER, to: BUSINESS, startedAt: new Date(), durationSec: 1 })
      await twilio.addRecording(call.recordingSid, { audio: SHORT_RECORDING, callSid: call.callSid })
      const after = await installation.start({ role: 'web' })
      await rowsOf(after.app.store.database, 'UPDATE sync SET due_at = NULL')
      const worker = await after.app.startWorker()
      const row = await eventually('the lost call is processed', async () => {
        const found = await after.app.store.findCall(call.callSid)
        return found?.call.status === 'processed' ? found.call : undefined
      })
      expect(row).to.include({ from_number: CUSTOMER, to_number: BUSINESS })
      await worker.stop(0)
    })

    it('are deleted at Twilio and erased here once their time has come', async () => {
      const { twilio, dataDir } = installation.surroundings
      const before = await installation.start()
      const call = await before.placeCall('one')
      await before.settled(call)
      await before.stop()
      expect(twilio.recordingSids()).to.deep.equal([call.recordingSid])
      const settings = { recordings: { deleteAfter: '0s', retention: '0s' } }
      const after = await installation.start({ pipeline: JSON.stringify({ ...JSON.parse(pipeline()), ...settings }) })
      await eventually('the recording is gone everywhere', async () => {
        const here = (await filesBelow(dataDir, 'recordings')).filter((file) => file.endsWith('.wav'))
        const isGone = here.length === 0 && twilio.recordingSids().length === 0
        return isGone && (await after.view(call)).call.recording_url === null ? 'gone' : undefined
      })
      expect((await after.get(`/api/calls/${call.callSid}/audio`)).status).to.equal(404)
      expect((await after.view(call)).call.final_transcript).to.be.a('string')
    })
  })
})
