import { dirname } from 'node:path'
import type { OpenedCatalogue, PluginFault } from '../contracts/index.ts'
import { checkFile } from './check-file.ts'
import { draftOf, type PipelineDraft, specOf } from './draft.ts'
import { type Fault, faultOf, sortFaults } from './fault.ts'
import type { Finding } from './finding.ts'
import { hashOf } from './hash.ts'
import { createOptionsReader } from './options.ts'
import type { Plan, PlannedStage } from './plan.ts'
import { resolveStages } from './resolve.ts'
import { type Settings, settingsFindings, settingsOf } from './settings.ts'
import type { PipelineSpec } from './spec.ts'
import type { Environment } from './variables.ts'
import { readYaml } from './yaml-file.ts'

/** Opens the drivers of a pipeline: `plugins` as in its file, which lies in the folder `from` (absolute). */
export type OpenCatalogue = (plugins: readonly string[], from: string) => Promise<OpenedCatalogue>

export interface LoadRequest {
  readonly text: string
  /** Absolute path of the file: paths in it begin at its folder. */
  readonly file: string
  readonly environment: Environment
  readonly openCatalogue: OpenCatalogue
}

export type LoadedPipeline =
  /** Faults are warnings at most. */
  | {
      readonly plan: Plan
      readonly spec: PipelineSpec
      readonly settings: Settings
      readonly faults: readonly Fault[]
    }
  | {
      readonly plan?: undefined
      readonly spec?: undefined
      readonly settings?: undefined
      readonly faults: readonly Fault[]
    }

/**
 * Reads, checks and plans a pipeline.yaml. Everything that is wrong with it comes back at once, in the order of the
 * file; nothing about the file makes it throw. Of the drivers, it imports those that the file uses.
 */
export async function loadPipeline({ text, file, environment, openCatalogue }: LoadRequest): Promise<LoadedPipeline> {
  const source = readYaml(text, file)
  if (source.value === undefined) return { faults: sortFaults(source.faults) }
  const directory = dirname(file)
  const { value, findings } = checkFile(source.value, environment)
  const draft = draftOf(value)
  const ofSettings: Finding[] = []
  const settings = settingsOf(value, ofSettings)
  const catalogue = await openCatalogue(draft.plugins, directory)
  const resolved = await resolveStages(draft, { catalogue, options: createOptionsReader(environment, directory) })
  const found = [
    ...findings,
    ...draft.findings,
    ...ofSettings,
    ...catalogue.faults.map((fault) => pluginFinding(fault, draft)),
    ...resolved.findings,
    ...settingsFindings(settings, resolved.stages),
  ]
  const faults = sortFaults([...source.faults, ...found.map((finding) => faultOf(finding, file, source.locate))])
  if (faults.some(({ severity }) => severity === 'error')) return { faults }
  const spec = specOf(draft)
  return { plan: { hash: hashOf(spec), spec, stages: complete(resolved.stages) }, spec, settings, faults }
}

function complete(stages: readonly (PlannedStage | undefined)[]): readonly PlannedStage[] {
  return stages.filter((stage) => stage !== undefined)
}

function pluginFinding({ kind, plugin, message }: PluginFault, { plugins }: PipelineDraft): Finding {
  const index = plugins.indexOf(plugin)
  return { rule: kind, path: index === -1 ? ['plugins'] : ['plugins', index], at: 'value', message }
}
