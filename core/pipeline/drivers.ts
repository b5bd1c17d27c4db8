import { isDeepStrictEqual } from 'node:util'
import { type AnyContract, type Catalogue, type FoundDriver, thrownMessage } from '../contracts/index.ts'
import type { StageDraft } from './draft.ts'
import { driverFinding, optionFinding } from './driver-findings.ts'
import type { Report } from './finding.ts'
import type { OptionsReader } from './options.ts'
import type { Path } from './path.ts'
import type { PlannedDriver, PlannedStage } from './plan.ts'
import type { DriverSpec, RetrySpec } from './spec.ts'
import { variableFindings } from './variable-findings.ts'
import { consumedBy } from './wiring.ts'

/** Where drivers and their options come from. */
export interface DriverSource {
  readonly catalogue: Catalogue
  readonly options: OptionsReader
}

interface Place {
  readonly spec: DriverSpec
  readonly path: Path
}

/** A stage's driver and its fallbacks, planned; undefined where one of them could not be had. */
export async function driversOf(
  stage: StageDraft,
  path: Path,
  source: DriverSource,
  report: Report,
): Promise<PlannedStage['drivers'] | undefined> {
  const first = await driverAt(stage, { spec: stage, path }, source, report)
  const fallbacks = await Promise.all(
    stage.fallback.map((spec, index) => {
      const place = spec && { spec, path: [...path, 'fallback', index] }
      return place === undefined || first === 'unknown-stage' ? undefined : driverAt(stage, place, source, report)
    }),
  )
  if (first === 'unknown-stage' || first === undefined) return undefined
  const drivers: [PlannedDriver, ...PlannedDriver[]] = [first]
  for (const [index, driver] of fallbacks.entries()) {
    if (driver === undefined || driver === 'unknown-stage') return undefined
    reportOtherContract(driver, first, [...path, 'fallback', index], report)
    reportRepetition(driver, drivers, [...path, 'fallback', index], report)
    drivers.push(driver)
  }
  return drivers
}

async function driverAt(
  stage: StageDraft,
  { spec, path }: Place,
  source: DriverSource,
  report: Report,
): Promise<PlannedDriver | 'unknown-stage' | undefined> {
  const found = await source.catalogue.find(stage.stage, spec.use)
  if ('kind' in found) {
    report(driverFinding(found, stage.stage, spec.use, path))
    return found.kind === 'unknown-stage' ? found.kind : undefined
  }
  const { contract } = found.definition
  return {
    use: spec.use,
    definition: found.definition,
    options: optionsAt(found, { spec, path }, source.options, report),
    timeoutMs: spec.timeoutMs ?? stage.timeoutMs ?? contract.timeoutMs,
    retry: retryOf(contract, { ...stage.retry, ...spec.retry }),
  }
}

/** Whoever says how long to wait does not want the contract's own schedule. */
function retryOf({ retry }: AnyContract, { attempts, delayMs, maxDelayMs }: RetrySpec): PlannedDriver['retry'] {
  const { schedule, ...usual } = retry
  const longest = maxDelayMs ?? Math.max(usual.maxDelayMs, delayMs ?? 0)
  const keepsSchedule = schedule !== undefined && delayMs === undefined && maxDelayMs === undefined
  return {
    attempts: attempts ?? usual.attempts,
    delayMs: Math.min(delayMs ?? usual.delayMs, longest),
    maxDelayMs: longest,
    ...(keepsSchedule ? { schedule } : {}),
  }
}

function optionsAt(found: FoundDriver, { spec, path }: Place, reader: OptionsReader, report: Report) {
  const driver = `${found.stage}/${found.use}`
  const base = [...path, 'with']
  try {
    const { options, violations, problems, unsetDefaults } = reader.read(found.definition, spec.with)
    for (const finding of variableFindings(problems, base)) report(finding)
    for (const violation of violations) report(optionFinding(violation, base, driver, unsetDefaults))
    return options
  } catch (error) {
    report(
      driverFinding(
        { kind: 'broken-driver', file: found.file, message: thrownMessage(error) },
        found.stage,
        found.use,
        path,
      ),
    )
    return {}
  }
}

function reportOtherContract(driver: PlannedDriver, first: PlannedDriver, path: Path, report: Report): void {
  const [own, expected] = [driver.definition.contract, first.definition.contract]
  const words = (contract: AnyContract): readonly string[] => consumedBy(contract).map(({ name }) => name)
  const same = own.produces.name === expected.produces.name && own.final === expected.final
  if (own === expected || (same && isDeepStrictEqual(words(own), words(expected)))) return
  const message = `"${driver.use}" is built on another contract than "${first.use}"`
  report({ rule: 'fallback-contract', path: [...path, 'use'], at: 'value', message })
}

function reportRepetition(driver: PlannedDriver, earlier: readonly PlannedDriver[], path: Path, report: Report): void {
  const same = earlier.some(({ use, options }) => use === driver.use && isDeepStrictEqual(options, driver.options))
  if (!same) return
  const message = `"${driver.use}" with these options has been tried by then`
  report({ rule: 'repeated-fallback', path: [...path, 'use'], at: 'value', message })
}
