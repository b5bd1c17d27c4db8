import { readConfiguration } from '../../config/environment.ts'
import { createLogger } from '../../config/logging.ts'
import { type AppOptions, openApp } from '../../core/app.ts'

/**
 * A worker process with settings that `aftercall start` keeps to itself (leases, above all): `node worker.ts JSON`.
 * Prints its log and, between the lines, `{ "event": … }` of everything that it has committed. SIGTERM drains it.
 */
const worker: AppOptions['worker'] = JSON.parse(process.argv[2] ?? '{}')
const configuration = readConfiguration({ cwd: process.cwd(), variables: process.env })
const logger = createLogger(configuration.logLevel)
const app = await openApp({
  configuration,
  logger,
  listener: (event) => logger.info({ event }, 'event'),
  ...(worker === undefined ? {} : { worker }),
})
const started = await app.startWorker()
logger.info('working')
await new Promise((resolve) => process.once('SIGTERM', resolve))
await started.stop(0)
await app.close()
