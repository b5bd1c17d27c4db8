import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import type { StageView } from '../../../../core/api/call-view.ts'
import type { CommandIo } from '../../../../core/cli/io.ts'
import type { CallReader, SeenCall } from '../../../../core/cli/simulate/call-reader.ts'
import { type Clock, watch } from '../../../../core/cli/simulate/watch.ts'

describe('watch', () => {
  it('says once how each stage has changed, and nothing of those that have not begun', async () => {
    const waiting: Partial<StageView> = { due_at: '2026-11-22T09:00:00.000Z', error: ERROR, status: 'waiting' }
    const { seen, said } = await watching([
      undefined,
      seenCall('running', null, [stage('stt', { status: 'running', attempts: 0 }), stage('webhook')]),
      seenCall('running', null, [stage('stt', { status: 'running', attempts: 0 }), stage('webhook')]),
      seenCall('waiting', null, [stage('stt', waiting), stage('webhook')]),
      seenCall('settled', 'completed', [
        stage('stt', { status: 'done', attempts: 2, ...TOOK }),
        stage('webhook', { status: 'skipped', attempts: 0, reason: 'no URL' }),
      ]),
    ])
    expect(seen?.run?.status).to.equal('settled')
    expect(said).to.deep.equal([
      '  ▸ stt      openai  running',
      '  … stt      openai  waiting, 1 attempt, due 2026-11-22T09:00:00.000Z: retryable: too much [31m',
      '      → Wait.',
      '  ✔ stt      openai  done, 2 attempts, 1.5 s',
      '  – webhook  openai  skipped: no URL',
    ])
  })

  it('gives up when its time is over, and tells what it saw last', async () => {
    expect((await watching([undefined], 0)).seen).to.equal(undefined)
    expect((await watching([seenCall('queued', null, [])], 0)).seen?.run?.status).to.equal('queued')
  })

  it('begins its time anew when the outcome is decided', async () => {
    const looks = (count: number, look: SeenCall) => Array.from({ length: count }, () => look)
    const running = looks(4, seenCall('running', null, []))
    const delivering = looks(4, seenCall('waiting', 'completed', []))
    const settled = seenCall('settled', 'completed', [])
    const inTime = await watching([...running, ...delivering, settled], 900)
    expect(inTime.seen?.run?.status).to.equal('settled')
    const late = await watching([...running, ...delivering, ...delivering, settled], 900)
    expect(late.seen?.run).to.include({ status: 'waiting', outcome: 'completed' })
  })
})

const ERROR = { code: 'retryable', message: 'too much \u001b[31m', remedy: 'Wait.' }
const TOOK = { started_at: '2026-11-22T09:00:00.000Z', finished_at: '2026-11-22T09:00:01.500Z' }

function stage(id: string, changes: Partial<StageView> = {}): StageView {
  return {
    id,
    stage: id,
    use: 'openai',
    status: 'pending',
    attempts: 1,
    started_at: null,
    finished_at: null,
    due_at: null,
    reason: null,
    error: null,
    ...changes,
  }
}

type Run = NonNullable<SeenCall['run']>

function seenCall(status: Run['status'], outcome: string | null, stages: readonly StageView[]): SeenCall {
  return {
    call: {
      call_sid: `CA${'0'.repeat(32)}`,
      status: 'processing',
      recording_sid: null,
      recording_url: null,
      final_transcript: null,
      summary: null,
      extracted_city: null,
      extracted_service: null,
    },
    run: { id: 'run', status, outcome, stages },
    artifacts: {},
  }
}

/** Watches a call that looks like this, one look after another, 200 ms apart by its clock; the last look stays. */
async function watching(looks: readonly (SeenCall | undefined)[], timeoutMs = 60_000) {
  let next = 0
  const reader: CallReader = {
    read: async () => looks[Math.min(next++, looks.length - 1)],
    close: async () => {},
  }
  let time = 0
  const clock: Clock = {
    now: () => time,
    sleep: async (milliseconds) => {
      time += milliseconds
    },
  }
  const stderr = new PassThrough()
  const io: CommandIo = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    cwd: '/',
    env: {},
    terminal: false,
    loadConfiguration: () => Promise.reject(new Error('nothing is to be configured here')),
    end: () => {},
  }
  const until = ({ run }: SeenCall) => run?.status === 'settled'
  const seen = await watch(reader, 'CA', { until, timeoutMs }, io, clock)
  const text = stderr.read()
  return { seen, said: text === null ? [] : String(text).trimEnd().split('\n') }
}
