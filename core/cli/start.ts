import { Option } from 'commander'
import { createLogger } from '../../config/logging.ts'
import { type App, openApp } from '../app.ts'
import { errorRecord } from '../contracts/index.ts'
import { adminToken } from './admin-token.ts'
import type { CommandModule } from './command.ts'
import type { CommandIo } from './io.ts'

interface Options {
  readonly role: 'all' | 'web' | 'worker'
  readonly grace: number
}

/** Migrates, serves, works; until SIGTERM or SIGINT. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .addOption(
        new Option('--role <role>', 'web takes callbacks and the API; worker executes runs')
          .choices(['all', 'web', 'worker'])
          .default('all'),
      )
      .option('--grace <seconds>', 'how long attempts may go on after SIGTERM', Number, 30)
      .addHelpText(
        'after',
        '\nSIGTERM or SIGINT ends it gently: what is not finished is given back. A second one ends it at once.',
      )
      .action((options: Options) => start(options, io))
  },
}

async function start({ role, grace }: Options, io: CommandIo): Promise<void> {
  const configuration = await io.loadConfiguration()
  const logger = createLogger(configuration.logLevel)
  const app = await openApp({ configuration, logger })
  try {
    await app.migrate()
    await warnOfUnavailableDrivers(app)
    const server = role === 'worker' ? undefined : await serve(app)
    const worker = role === 'web' ? undefined : await app.startWorker()
    logger.info({ role, pid: process.pid }, 'Aftercall is running')
    const signal = await ended()
    logger.info({ signal }, 'Draining: no new work is taken')
    await server?.close()
    await worker?.stop(grace * 1000)
    logger.info('Stopped')
  } finally {
    await app.close()
  }
}

async function serve(app: App) {
  const { logger, configuration } = app
  const { token, madeIn } = await adminToken(configuration)
  const server = await app.startWeb(token)
  logger.info({ url: server.url, publicUrl: configuration.publicUrl }, `Listening on ${server.url}`)
  if (madeIn !== undefined) logger.info({ file: madeIn }, `Made a token for the API: ${madeIn}`)
  if (configuration.publicUrl === undefined) {
    logger.warn('PUBLIC_URL is not set: every callback of Twilio is refused until it is')
  }
  return server
}

/** A stage without a usable driver fails every call, so it is said at the start; a fallback that steps in is a hint. */
async function warnOfUnavailableDrivers(app: App): Promise<void> {
  const checks = await app.open.check()
  for (const { stage, kind, use, rank, problem } of checks) {
    if (problem === undefined) continue
    const { code, message, remedy } = errorRecord(problem)
    const helped = checks.some((other) => other.stage === stage && other.rank > rank && other.problem === undefined)
    const consequence = helped ? 'its fallback takes over' : 'calls will fail there'
    app.logger.warn({ stage, code, remedy }, `${kind}/${use} cannot work here (${consequence}): ${message}`)
  }
}

/** The first SIGTERM or SIGINT; the second ends the process at once. */
function ended(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ['SIGTERM', 'SIGINT'] as const
    let seen = false
    for (const signal of signals) {
      process.on(signal, () => {
        if (seen) process.exit(1)
        seen = true
        resolve(signal)
      })
    }
  })
}
