import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { wav } from '../plugins/_openai/wav.ts'
import { sidOf } from '../support/calls.ts'
import { answer } from '../support/endpoint.ts'
import { eventually } from '../support/eventually.ts'
import { filesBelow } from '../support/files.ts'
import { freshInstallation } from '../support/installation.ts'
import { freshProcesses, type WorkerSettings } from '../support/processes.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'
import type { Surroundings } from '../support/surroundings.ts'

/** Only one worker lives at a time here, so that a short lease takes nothing from the living. */
const SHORT_LEASE: WorkerSettings = { heartbeatMs: 50, leaseMs: 300, pollMs: 50 }
const RECORDING_SECONDS = 3

describe('a run whose worker is killed in the middle of its work', function () {
  this.timeout(40_000)
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const processes = freshProcesses()

    it('in one stage after the other, ends completed, each of them done twice and no other', async () => {
      const web = await installation.start({ role: 'web' })
      const { surroundings } = installation
      const ffmpeg = await slowFfmpeg(surroundings)
      const call = await web.placeCall('one', { audio: wav(RECORDING_SECONDS, 8_000) })
      const workerDies = async (when: () => Promise<unknown>) => {
        const worker = processes.worker(surroundings, SHORT_LEASE, { FFMPEG_PATH: ffmpeg.path })
        await when()
        await worker.kill()
      }

      await workerDies(duringDownload(surroundings))
      await workerDies(ffmpeg.begun)
      await workerDies(duringTranscription(surroundings))
      await workerDies(duringChats(surroundings))
      await workerDies(duringDelivery(surroundings))
      surroundings.endpoint.answerWith(answer(200))
      const last = processes.worker(surroundings, SHORT_LEASE, { FFMPEG_PATH: ffmpeg.path })
      await last.line('the run is settled', ({ event }) => event?.type === 'run-settled')

      const { run, call: row } = await web.view(call)
      expect(row).to.include({ status: 'processed', extracted_city: 'Tel Aviv' })
      const attempts = Object.groupBy(await web.attempts(run?.id ?? ''), ({ stage_id }) => stage_id)
      for (const stage of ['recording-store', 'transcode', 'stt', 'summarize', 'extract', 'webhook']) {
        const results = attempts[stage]?.map(({ result }) => result)
        expect(results, stage).to.deep.equal(['lost', 'done'])
      }
      const [first, second, ...more] = surroundings.endpoint.of(call.callSid)
      expect(more).to.deep.equal([])
      expect(second).to.deep.equal(first)
      await ffmpeg.gone()
      expect(await filesBelow(surroundings.dataDir, 'runs')).to.deep.equal([])
      expect(await filesBelow(surroundings.dataDir, 'recordings/.incoming')).to.deep.equal([])
    })
  })
})

function duringDownload({ twilio, dataDir }: Surroundings) {
  // Of the two requests the first asks for two channels, and is refused because there is one.
  twilio.faults.next(sidOf('RE', 'one'), { kind: 'stall', afterBytes: 10_000 }, 2)
  return () =>
    eventually('the download has begun', async () => {
      return (await filesBelow(dataDir, 'recordings/.incoming')).length > 0 || undefined
    })
}

function duringTranscription({ openai }: Surroundings) {
  openai.faults.next('transcriptions', { kind: 'hang' })
  const hasArrived = () => openai.requests.some(({ route }) => route === 'transcriptions') || undefined
  return () => eventually('the upload has arrived', hasArrived)
}

function duringChats({ openai }: Surroundings) {
  openai.faults.next('chat', { kind: 'hang' }, 2)
  const haveArrived = () => openai.requests.filter(({ route }) => route === 'chat').length === 2 || undefined
  return () => eventually('both questions have been asked', haveArrived)
}

function duringDelivery({ endpoint }: Surroundings) {
  endpoint.answerWith(() => {})
  return () => eventually('the delivery has arrived', () => endpoint.received.length > 0 || undefined)
}

/** The real ffmpeg; its first conversion takes as long as the recording is. */
async function slowFfmpeg({ folder }: Surroundings) {
  const path = join(folder, 'ffmpeg')
  const slow = join(folder, 'slow')
  const pid = join(folder, 'ffmpeg-pid')
  const script = `#!/bin/sh
case "$*" in *filter_complex*) ;; *) exec ffmpeg "$@" ;; esac
if rm "${slow}" 2>/dev/null; then
  echo $$ > "${pid}"
  exec ffmpeg -re "$@"
fi
exec ffmpeg "$@"
`
  await writeFile(path, script)
  await chmod(path, 0o755)
  await writeFile(slow, '')
  const begun = () => eventually('ffmpeg has begun', () => readFile(pid, 'utf8').catch(() => undefined))
  return {
    path,
    begun,
    /** It ends by itself: nobody is there any more who could stop it. */
    async gone() {
      const number = Number(await begun())
      await eventually('ffmpeg is gone', () => (isAlive(number) ? undefined : true))
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
