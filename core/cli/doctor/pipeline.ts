import { loadPipelineFile } from '../../composition/pipeline-file.ts'
import type { Configuration } from '../../configuration.ts'
import { AftercallError, silentLogger } from '../../contracts/index.ts'
import { OpenPlan } from '../../engine/open-plan.ts'
import { guardedFetch } from '../../outbound/index.ts'
import type { Plan } from '../../pipeline/plan.ts'
import { configuredModels, driverFindings } from './drivers.ts'
import { type Finding, failed, ok } from './finding.ts'
import { checkModels } from './models.ts'

/** Whether the pipeline can be planned, whether its drivers can work here, and until when its models exist. */
export async function checkPipeline(configuration: Configuration): Promise<readonly Finding[]> {
  let plan: Plan
  try {
    plan = (await loadPipelineFile(configuration)).plan
  } catch (error) {
    if (error instanceof AftercallError) return [failed('pipeline', error, error.remedy)]
    throw error
  }
  const [drivers, models] = await Promise.all([
    checkDrivers(plan, configuration),
    checkModels(configuredModels(plan), new Date()),
  ])
  return [ok('pipeline', `${configuration.pipelineFile}: ${plan.stages.length} stages`), ...drivers, ...models]
}

async function checkDrivers(plan: Plan, { outboundAllow }: Configuration): Promise<readonly Finding[]> {
  const fetch = guardedFetch({ allow: outboundAllow, trustedOrigins: [] })
  const open = new OpenPlan(plan, { fetch }, silentLogger)
  try {
    return driverFindings(plan, await open.check())
  } finally {
    await open.close()
    await fetch.close()
  }
}
