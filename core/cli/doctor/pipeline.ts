import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Configuration } from '../../configuration.ts'
import { type Media, silentLogger, thrownMessage } from '../../contracts/index.ts'
import { guardedFetch } from '../../outbound/index.ts'
import { type LoadedPipeline, loadPipeline } from '../../pipeline/load.ts'
import { openCatalogue } from '../../plugins/catalogue.ts'
import { checkDrivers, configuredModels } from './drivers.ts'
import { type Finding, fail, ok } from './finding.ts'
import { checkModels } from './models.ts'

/** Whether the pipeline can be planned, whether its drivers can work here, and until when its models exist. */
export async function checkPipeline(configuration: Configuration): Promise<readonly Finding[]> {
  const loaded = await load(configuration)
  if (loaded instanceof Error)
    return [fail('pipeline', loaded.message, 'Make one with `aftercall init`, or set PIPELINE.')]
  const { plan, faults } = loaded
  if (plan === undefined) {
    const count = faults.filter(({ severity }) => severity === 'error').length
    return [fail('pipeline', `${configuration.pipelineFile} has ${count} errors`, 'See `aftercall validate`.')]
  }
  const fetch = guardedFetch({ allow: configuration.outboundAllow, trustedOrigins: [] })
  const [drivers, models] = await Promise.all([
    checkDrivers(plan, { fetch, media: NO_RECORDINGS, logger: silentLogger }).finally(() => fetch.close()),
    checkModels(configuredModels(plan), new Date()),
  ])
  return [ok('pipeline', `${configuration.pipelineFile}: ${plan.stages.length} stages`), ...drivers, ...models]
}

async function load(configuration: Configuration): Promise<LoadedPipeline | Error> {
  const file = configuration.pipelineFile
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return new Error(thrownMessage(error), { cause: error })
  }
  return loadPipeline({
    text,
    file,
    environment: configuration.environment,
    openCatalogue: (packages, from) =>
      openCatalogue({ folders: [join(import.meta.dirname, '../../../plugins')], packages, from }),
  })
}

/** A check has no call, so there is no recording that it could open. */
const NO_RECORDINGS: Media = {
  open: () => Promise.reject(new Error('a check opens no recordings')),
  delete: () => Promise.reject(new Error('a check deletes no recordings')),
}
