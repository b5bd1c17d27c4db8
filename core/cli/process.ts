import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createLogger } from '../../config/logging.ts'
import { callView } from '../api/call-view.ts'
import { type App, openApp } from '../app.ts'
import { loadPipelineFile } from '../composition/pipeline-file.ts'
import type { Configuration } from '../configuration.ts'
import { AftercallError, errorRecord, silentLogger, thrownMessage, UnavailableError } from '../contracts/index.ts'
import type { EngineListener } from '../engine/events.ts'
import type { Worker } from '../engine/worker.ts'
import { withoutFinals } from '../pipeline/without-finals.ts'
import type { CommandModule } from './command.ts'
import { EXIT } from './exit.ts'
import type { CommandIo } from './io.ts'
import { showProgress } from './progress/progress.ts'
import { renderResult } from './progress/result.ts'

interface Options {
  readonly json?: boolean
  readonly deliver?: boolean
  readonly verbose?: boolean
}

/** Runs the pipeline on recordings of this machine. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .argument('<audio...>', 'recordings: WAV, MP3, or what ffmpeg reads')
      .option('--json', 'print the artifacts, one JSON object per recording and line')
      .option('--deliver', 'run the final stages too (webhooks)')
      .option('--verbose', 'write the log to stderr instead of the display')
      .addHelpText(
        'after',
        '\nEach recording becomes a call of the database: CA and 32 hex digits of the SHA-256 of the file.' +
          '\nFails where a run fails; the others are processed all the same.',
      )
      .action((files: readonly string[], options: Options) => processFiles(files, options, io))
  },
}

async function processFiles(files: readonly string[], options: Options, io: CommandIo): Promise<void> {
  const configuration = await io.loadConfiguration()
  const { plan } = await loadPipelineFile(configuration)
  const listeners = new Set<EngineListener>()
  const app = await openApp({
    configuration,
    logger: options.verbose === true ? loggerTo(io, configuration) : silentLogger,
    plan: options.deliver === true ? plan : withoutFinals(plan),
    listener: (event) => {
      for (const listener of listeners) listener(event)
    },
  })
  try {
    await requireDrivers(app)
    await app.migrate()
    const worker = await app.startWorker('given')
    const release = giveBackOnInterrupt(worker, io)
    try {
      for (const file of files) {
        const succeeded = await processOne(app, worker, resolve(io.cwd, file), file, options, listeners, io)
        if (!succeeded) io.end(EXIT.failed)
      }
    } finally {
      release()
      await worker.stop(0)
    }
  } finally {
    await app.close()
  }
}

function loggerTo(io: CommandIo, configuration: Configuration) {
  return createLogger(configuration.logLevel, { write: (line: string) => io.stderr.write(line) })
}

/** A stage that no driver can do here fails every recording: it is said before anything is begun. */
async function requireDrivers(app: App): Promise<void> {
  const checks = await app.open.check()
  for (const { id, optional, contract } of app.open.plan.stages) {
    const own = checks.filter(({ stage }) => stage === id)
    const [first] = own
    if (optional || contract.final || !own.every(({ problem }) => problem instanceof UnavailableError)) continue
    const { message, remedy } = errorRecord(first?.problem)
    throw new AftercallError(`stage ${id} cannot work here: ${message}`, { code: 'bad-configuration', remedy })
  }
}

/** True when the run did not fail. */
async function processOne(
  app: App,
  worker: Worker,
  file: string,
  shownName: string,
  options: Options,
  listeners: Set<EngineListener>,
  io: CommandIo,
): Promise<boolean> {
  const digits = await hashOf(file)
  if (digits instanceof AftercallError) {
    io.stderr.write(`${shownName}  ${digits.message}\n      → ${digits.remedy}\n`)
    return false
  }
  const callSid = `CA${digits}`
  const runId = await app.store.ingestLocal(
    { callSid, recordingSid: `RE${digits}`, source: 'file', file },
    app.open.plan,
    worker.id,
  )
  io.stderr.write(`${shownName}  ${callSid}\n`)
  const progress = options.verbose === true ? undefined : showProgress(io, app.open.plan)
  if (progress !== undefined) listeners.add(progress.listener)
  try {
    await worker.executeGiven(runId)
  } finally {
    progress?.end()
    if (progress !== undefined) listeners.delete(progress.listener)
  }
  const found = await app.store.findCall(callSid)
  if (found === undefined) throw new AftercallError(`the call ${callSid} is gone`, { code: 'not-found' })
  const view = callView(found.call, found.run)
  if (view.run?.outcome == null) return false
  io.stdout.write(options.json === true ? `${JSON.stringify({ file, ...view })}\n` : renderResult(view))
  return view.run.outcome === 'completed' || view.run.outcome === 'no_speech'
}

/** The first 32 hex digits of the file's SHA-256; an error where it cannot be read. */
async function hashOf(file: string): Promise<string | AftercallError> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash)
  } catch (error) {
    return new AftercallError(`cannot be read: ${thrownMessage(error)}`, {
      code: 'bad-request',
      remedy: 'Check the path.',
      cause: error,
    })
  }
  return hash.digest('hex').slice(0, 32)
}

/** On Ctrl-C the run is given back whole, so that a server, or the same command, can go on with it. */
function giveBackOnInterrupt(worker: Worker, io: CommandIo): () => void {
  const onSignal = () => {
    io.stderr.write('\nInterrupted: the run is given back, and `aftercall start` goes on with it.\n')
    io.end(EXIT.failed)
    void worker.stop(0)
  }
  process.once('SIGINT', onSignal)
  return () => process.off('SIGINT', onSignal)
}
