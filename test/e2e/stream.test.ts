import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { removeSpentStreams } from '../../core/ingress/stream/index.ts'
import { rowsOf } from '../../core/store/database.ts'
import { SAMPLE_FILE } from '../../sandbox/sample/index.ts'
import { sendRecordingCallback, sendStatusCallback, streamCall } from '../../sandbox/twilio/index.ts'
import { sidOf } from '../support/calls.ts'
import { eventually } from '../support/eventually.ts'
import { filesBelow } from '../support/files.ts'
import { freshInstallation, type Running } from '../support/installation.ts'
import { freshProcesses, type PrintedLine } from '../support/processes.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import { BUSINESS, CUSTOMER, type PlacedCall } from '../support/surroundings.ts'

const PUBLIC_URL = 'https://calls.example.com'
/** A call that is over waits for nothing more. */
const AT_ONCE = { waits: { graceMs: 0 } }

describe('the live audio of a call', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const processes = freshProcesses()

    const target = (path: string, at: string) => {
      const { accountSid, authToken } = installation.surroundings.twilio
      return { url: `${PUBLIC_URL}${path}`, at, accountSid, authToken }
    }
    const stream = async (at: string, callSid: string, ending?: 'stop' | 'cut') =>
      streamCall({
        ...target('/twilio/stream', at),
        callSid,
        wav: await readFile(SAMPLE_FILE),
        ...(ending === undefined ? {} : { ending }),
      })
    const completed = (at: string, callSid: string) =>
      sendStatusCallback(target('/twilio/status', at), {
        callSid,
        status: 'completed',
        from: CUSTOMER,
        to: BUSINESS,
        durationSec: 39,
      })
    const committed = ({ app }: Running, callSid: string) =>
      eventually('the stream is committed', async () => {
        const [row] = await rowsOf<{ recording_sid: string }>(
          app.store.database,
          `SELECT recording.recording_sid FROM recording JOIN call_log ON call_log.id = recording.call_id
           WHERE source = 'stream' AND call_sid = ?`,
          [callSid],
        )
        return row === undefined ? undefined : { callSid, recordingSid: row.recording_sid }
      })
    const begun = (running: Running, { callSid }: PlacedCall) =>
      running.event('the run begins', (event) => event.callSid === callSid)

    it('is what the run is over, where nothing was recorded', async () => {
      const running = await installation.start({ streams: AT_ONCE })
      const call = { callSid: sidOf('CA', 'live'), recordingSid: '' }
      await stream(running.url, call.callSid)
      const { recordingSid } = await committed(running, call.callSid)
      await completed(running.url, call.callSid)
      await begun(running, call)
      const { call: row, artifacts } = await running.settled(call)
      expect(row).to.include({
        status: 'processed',
        recording_sid: recordingSid,
        recording_channels: 2,
        transcript_source: 'stream',
        call_status: 'completed',
      })
      const { endpoint, dataDir } = installation.surroundings
      const [received] = endpoint.of(call.callSid)
      expect(received?.event.data).to.include({ recording_sid: recordingSid, phone: CUSTOMER })
      expect((received?.event.data.segments ?? []).map(({ speaker }) => speaker)).to.have.members(['customer', 'agent'])

      expect(artifacts).to.have.property('recording')
      await removeSpentStreams(running.app.store)
      expect(await filesBelow(dataDir, 'streams')).to.deep.equal([])
      const rerun = await running.post<{ runId: string }>(`/api/calls/${call.callSid}/rerun`, {
        from: 'recording-store',
      })
      expect((await running.settled(call, rerun.body.runId)).run?.outcome).to.equal('completed')
    })

    it('is what the run is over, where Twilio says that there is no recording', async () => {
      const running = await installation.start({ streams: { waits: { graceMs: 3_600_000 } } })
      const call = { callSid: sidOf('CA', 'absent'), recordingSid: sidOf('RE', 'absent') }
      await stream(running.url, call.callSid)
      await committed(running, call.callSid)
      await sendRecordingCallback(target('/twilio/recording', running.url), { ...call, status: 'absent' })
      await completed(running.url, call.callSid)
      await begun(running, call)
      expect((await running.settled(call)).call).to.include({ transcript_source: 'stream', error_code: null })
    })

    it('gives way to the recording of Twilio', async () => {
      const running = await installation.start({ streams: AT_ONCE })
      const { callSid } = await running.placeCall('both')
      const call = { callSid, recordingSid: sidOf('RE', 'both') }
      await stream(running.url, callSid)
      await committed(running, callSid)
      const { call: row } = await running.settled(call)
      await running.app.store.promoteStreams({ hash: 'none', spec: {} }, { graceMs: 0, quietMs: 0, patienceMs: 0 })
      expect(row).to.include({ recording_sid: call.recordingSid, transcript_source: 'twilio' })
      expect(await rowsOf(running.app.store.database, 'SELECT id FROM run')).to.have.length(1)
      await removeSpentStreams(running.app.store)
      expect(await filesBelow(installation.surroundings.dataDir, 'streams')).to.deep.equal([])
    })

    it('is shown no more, once a recording of Twilio comes late', async () => {
      const running = await installation.start({ streams: AT_ONCE })
      const call = { callSid: sidOf('CA', 'late'), recordingSid: sidOf('RE', 'late') }
      await stream(running.url, call.callSid)
      await committed(running, call.callSid)
      await completed(running.url, call.callSid)
      await begun(running, call)
      expect((await running.settled(call)).call.transcript_source).to.equal('stream')
      await running.placeCall('late')
      const { call: row } = await running.settled(call)
      expect(row).to.include({ recording_sid: call.recordingSid, transcript_source: 'twilio', status: 'processed' })
      expect(await rowsOf(running.app.store.database, 'SELECT id FROM run')).to.have.length(2)
    })

    it('is kept when the server is killed in the middle, and finished when it starts again', async () => {
      const watching = await installation.start({ role: 'web' })
      const callSid = sidOf('CA', 'killed')
      const first = await startProcess()
      const streaming = streamSlowly(first.url, callSid)
      await twoSecondsOnDisk()
      await first.running.kill()
      expect((await streaming).code).to.equal(1006)

      const second = await startProcess()
      await second.running.line('it is finished', isFinalised)
      await committed(watching, callSid)
      expect(await onDisk()).to.have.length(1)
    })

    it('is finished before a server ends that is told to', async () => {
      const watching = await installation.start({ role: 'web' })
      const callSid = sidOf('CA', 'ended')
      const { running, url } = await startProcess()
      const streaming = streamSlowly(url, callSid)
      await twoSecondsOnDisk()
      running.signal('SIGTERM')
      expect((await streaming).code).to.equal(1001)
      expect(await running.ended).to.deep.equal({ code: 0, signal: null })
      expect(running.lines.filter(isFinalised)).to.have.length(1)
      await committed(watching, callSid)
      expect(await onDisk()).to.have.length(1)
    })

    const isFinalised = ({ msg }: PrintedLine) => msg.startsWith('[FINALIZE] Saved recording_sid: RE')
    const onDisk = () => filesBelow(installation.surroundings.dataDir, 'streams')

    async function startProcess() {
      const running = processes.aftercall(installation.surroundings, ['start', '--role', 'web'])
      const { url = '' } = await running.line('it listens', (line) => line.url !== undefined)
      return { running, url }
    }

    async function streamSlowly(at: string, callSid: string) {
      return streamCall({
        ...target('/twilio/stream', at),
        callSid,
        wav: await readFile(SAMPLE_FILE),
        realtime: true,
      })
    }

    async function twoSecondsOnDisk(): Promise<void> {
      await eventually('two seconds are on disk', async () => {
        const inbound = (await onDisk()).find((file) => file.endsWith('inbound.ulaw'))
        if (inbound === undefined) return undefined
        const { size } = await stat(join(installation.surroundings.dataDir, 'streams', inbound))
        return size >= 16_000 || undefined
      })
    }
  })
})
