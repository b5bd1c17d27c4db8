import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfiguration } from '../../config/environment.ts'
import { scriptTranscripts, startOpenAiSandbox } from '../../sandbox/openai/index.ts'
import { SAMPLE_FILE, sampleTurns } from '../../sandbox/sample/index.ts'
import { sendRecordingCallback, sendStatusCallback, startTwilioSandbox } from '../../sandbox/twilio/index.ts'
import { type App, openApp } from '../app.ts'
import type { Configuration } from '../configuration.ts'
import { AftercallError, silentLogger } from '../contracts/index.ts'
import type { EngineEvent } from '../engine/events.ts'
import { rowsOf } from '../store/database.ts'
import type { CommandModule } from './command.ts'
import { type Delivery, startReceiver } from './demo/receiver.ts'
import { EXIT } from './exit.ts'
import type { CommandIo } from './io.ts'
import { showProgress } from './progress/progress.ts'

/** One simulated call through the real engine. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .option('--json', 'print the row and the webhook as JSON')
      .addHelpText(
        'after',
        '\nEverything is real but Twilio and OpenAI, which are pretended on this machine. With OPENAI_API_KEY set, OpenAI is real too.' +
          '\nUses a folder of its own, and leaves nothing behind.',
      )
      .action((options: { readonly json?: boolean }) => demo(options.json === true ? 'json' : 'text', io))
  },
}

/** The address that Twilio would call; signatures are computed over it, wherever the server really listens. */
const PUBLIC_URL = 'https://calls.example.com'
const CUSTOMER = '+972505550123'
const BUSINESS = '+97245550100'
const CALL_SECONDS = 39
/** Longer than anything here takes, the real OpenAI included, milliseconds. */
const PATIENCE_MS = 120_000

async function demo(format: 'text' | 'json', io: CommandIo): Promise<void> {
  const closing: (() => Promise<void>)[] = []
  try {
    const { call, delivery } = await play(io, (close) => closing.unshift(close))
    io.stdout.write(format === 'json' ? asJson(call, delivery) : asText(call, delivery))
    if (delivery.signature === 'wrong' || call.outcome !== 'completed') io.end(EXIT.failed)
  } finally {
    // The last opened first, one after the other: what runs needs what was opened before it.
    for (const close of closing) await close()
  }
}

/** `later` is told what is to be closed when everything is over. */
async function play(io: CommandIo, later: (close: () => Promise<void>) => void) {
  const dataDir = await mkdtemp(join(tmpdir(), 'aftercall-demo-'))
  later(() => rm(dataDir, { recursive: true, force: true }))
  const twilio = await startTwilioSandbox()
  later(() => twilio.close())
  const variables = await variablesOf(io)
  const openai = hasKey(variables) ? undefined : await pretendOpenAi()
  if (openai !== undefined) later(() => openai.close())
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const receiver = await startReceiver(secret)
  later(() => receiver.close())

  const configuration = readConfiguration({
    cwd: dataDir,
    variables: {
      ...inherited(variables, openai?.url),
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: dataDir,
      PUBLIC_URL,
      PIPELINE: join(import.meta.dirname, '../../pipeline.yaml'),
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken,
      TWILIO_API_URL: twilio.url,
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRET: secret,
    },
  })
  const say = (text: string) => io.stderr.write(`${text}\n`)
  say('Aftercall demo: one call through the real engine, on SQLite.')
  say(
    `Pretended on this machine: Twilio${openai === undefined ? '' : ', OpenAI (set OPENAI_API_KEY to use the real one)'}.`,
  )

  const recordingSid = sid('RE')
  await twilio.addRecording(recordingSid, { audio: await readFile(SAMPLE_FILE) })
  const simulated = { accountSid: twilio.accountSid, authToken: twilio.authToken, callSid: sid('CA'), recordingSid }
  const call = await runCall(configuration, io, say, simulated, later)
  return { call, delivery: await inTime(receiver.delivery, 'the webhook did not arrive') }
}

type Variables = Readonly<Record<string, string | undefined>>

/** The owner's variables, `.env` included. One that is malformed is the business of `doctor`: the demo needs none. */
async function variablesOf(io: CommandIo): Promise<Variables> {
  try {
    return (await io.loadConfiguration()).environment
  } catch (error) {
    if (error instanceof AftercallError) return io.env
    throw error
  }
}

function hasKey(variables: Variables): boolean {
  return (variables['OPENAI_API_KEY'] ?? '') !== ''
}

function pretendOpenAi() {
  return startOpenAiSandbox({ transcripts: scriptTranscripts(sampleTurns) })
}

/** What the demo takes over from the owner's environment: where programs are, and OpenAI where it is the real one. */
function inherited(variables: Variables, pretended: string | undefined): Variables {
  const { PATH, FFMPEG_PATH, OPENAI_API_KEY, OPENAI_BASE_URL } = variables
  const openai =
    pretended === undefined
      ? { OPENAI_API_KEY, OPENAI_BASE_URL }
      : { OPENAI_API_KEY: 'pretended', OPENAI_BASE_URL: pretended }
  return { PATH, FFMPEG_PATH, ...openai }
}

function sid(prefix: 'CA' | 'RE'): string {
  return prefix + randomUUID().replaceAll('-', '')
}

interface SimulatedCall {
  readonly accountSid: string
  readonly authToken: string
  readonly callSid: string
  readonly recordingSid: string
}

interface FinishedCall {
  readonly outcome: string
  readonly row: Readonly<Record<string, unknown>>
}

async function runCall(
  configuration: Configuration,
  io: CommandIo,
  say: (text: string) => void,
  call: SimulatedCall,
  later: (close: () => Promise<void>) => void,
): Promise<FinishedCall> {
  const settled = Promise.withResolvers<void>()
  let outcome = ''
  let show: (event: EngineEvent) => void = () => {}
  const app = await openApp({
    configuration,
    logger: silentLogger,
    listener: (event) => {
      show(event)
      if (event.type === 'run-decided') outcome = event.outcome.status
      if (event.type === 'run-settled') settled.resolve()
    },
  })
  later(() => app.close())
  await app.migrate()
  const server = await app.startWeb(randomUUID())
  later(() => server.close())
  const worker = await app.startWorker()
  later(() => worker.stop(1_000))

  say(`\nTwilio ▸ ${PUBLIC_URL}: the call is over, its recording is complete`)
  const progress = showProgress(io, app.open.plan)
  show = progress.listener
  try {
    await sendCallbacks(server.url, call)
    await inTime(settled.promise, 'the run did not end')
  } finally {
    progress.end()
  }
  return { outcome, row: await contractRow(app) }
}

/** What Twilio sends when a call ends: signed forms, which the server checks like any others. */
async function sendCallbacks(at: string, { callSid, recordingSid, ...account }: SimulatedCall): Promise<void> {
  const target = (path: string) => ({ url: `${PUBLIC_URL}${path}`, at, ...account })
  const status = await sendStatusCallback(target('/twilio/status'), {
    callSid,
    status: 'completed',
    from: CUSTOMER,
    to: BUSINESS,
    durationSec: CALL_SECONDS,
  })
  const recording = await sendRecordingCallback(target('/twilio/recording'), {
    callSid,
    recordingSid,
    status: 'completed',
    durationSec: CALL_SECONDS,
  })
  for (const response of [status, recording]) {
    if (!response.ok) throw new AftercallError(`a callback was answered ${response.status}`, { code: 'bad-request' })
  }
}

/** The query that every installation must be able to answer after a call. */
const QUERY = `SELECT recording_sid, recording_url, LENGTH(final_transcript) AS chars, extracted_city, extracted_service
FROM call_log ORDER BY created_at DESC LIMIT 3;`

async function contractRow(app: App): Promise<Readonly<Record<string, unknown>>> {
  const [row] = await rowsOf<Record<string, unknown>>(app.store.database, QUERY)
  return row ?? {}
}

function asJson({ row }: FinishedCall, { headers, body, signature }: Delivery): string {
  return `${JSON.stringify({ row, webhook: { headers, signature, body: JSON.parse(body) } }, null, 2)}\n`
}

function asText({ row }: FinishedCall, { headers, body, signature }: Delivery): string {
  const columns = Object.entries(row).map(([name, value]) => `  ${name.padEnd(18)} ${String(value)}`)
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`)
  return [
    '\nThe row in call_log:',
    ...columns,
    `\nThe webhook, with a ${signature} signature:`,
    ...lines,
    JSON.stringify(JSON.parse(body), null, 2).replaceAll(/^/gm, '  '),
    '',
  ].join('\n')
}

async function inTime<T>(promise: Promise<T>, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AftercallError(message, { code: 'retryable' })), PATIENCE_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
