import { createDriver } from '../../contracts/erased.ts'
import { errorRecord, type Services } from '../../contracts/index.ts'
import type { Plan, PlannedDriver, PlannedStage } from '../../pipeline/plan.ts'
import { type Finding, ok } from './finding.ts'
import type { ConfiguredModel } from './models.ts'

/** Whether each stage has a driver that can work here, by the drivers' own `check()`. */
export function checkDrivers(plan: Plan, services: Services): Promise<readonly Finding[]> {
  return Promise.all(plan.stages.map((stage) => checkStage(stage, services)))
}

async function checkStage(stage: PlannedStage, services: Services): Promise<Finding> {
  const name = `stage ${stage.id}`
  const [first, ...fallbacks] = stage.drivers
  const fault = await faultOf(first, services)
  if (fault === undefined) return ok(name, `${stage.stage}/${first.use} can work here`)
  for (const fallback of fallbacks) {
    if ((await faultOf(fallback, services)) === undefined) {
      const message = `${fault.message}; the fallback ${stage.stage}/${fallback.use} takes over`
      return { name, status: 'warn', message, remedy: fault.remedy }
    }
  }
  return { name, status: stage.optional ? 'warn' : 'fail', message: fault.message, remedy: fault.remedy }
}

async function faultOf(planned: PlannedDriver, services: Services) {
  const driver = createDriver(planned.definition, planned.options, services)
  try {
    await driver.check?.()
    return undefined
  } catch (thrown) {
    return errorRecord(thrown)
  } finally {
    await driver.close?.()
  }
}

/** The models of the plan at OpenAI and the servers that speak its API: drivers with these three options. */
export function configuredModels(plan: Plan): readonly ConfiguredModel[] {
  return plan.stages
    .flatMap(({ drivers }) => drivers)
    .flatMap(({ options: { model, apiKey, baseUrl } }) =>
      typeof model === 'string' && typeof apiKey === 'string' && typeof baseUrl === 'string'
        ? [{ model, apiKey, baseUrl }]
        : [],
    )
}
