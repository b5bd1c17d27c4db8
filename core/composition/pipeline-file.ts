import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Configuration } from '../configuration.ts'
import { AftercallError, type OpenedCatalogue, thrownMessage } from '../contracts/index.ts'
import { renderFaults } from '../pipeline/fault-text.ts'
import { keptSpec } from '../pipeline/kept-spec.ts'
import { type LoadedPipeline, loadPipeline } from '../pipeline/load.ts'
import type { Plan } from '../pipeline/plan.ts'
import { planOf } from '../pipeline/plan-of.ts'
import type { Settings } from '../pipeline/settings.ts'
import { openCatalogue } from '../plugins/catalogue.ts'

type Source = Pick<Configuration, 'pipelineFile' | 'environment'>

/** The drivers that come with Aftercall. */
const BUILT_IN = join(import.meta.dirname, '../../plugins')

/** The pipeline in force, and the settings beside it. Throws `bad-configuration` that lists every fault, as `aftercall validate` shows them. */
export async function loadPipelineFile(source: Source): Promise<{ readonly plan: Plan; readonly settings: Settings }> {
  const { text, loaded } = await readPipelineFile(source)
  if (loaded.plan !== undefined) return { plan: loaded.plan, settings: loaded.settings }
  throw new AftercallError(`${basename(source.pipelineFile)} cannot be used:\n${renderFaults(loaded.faults, text)}`, {
    code: 'bad-configuration',
    remedy: 'Correct it; `aftercall validate` checks it again.',
  })
}

/** The file with everything that is wrong with it. Throws `bad-configuration` where it cannot be read. */
export async function readPipelineFile({
  pipelineFile,
  environment,
}: Source): Promise<{ readonly text: string; readonly loaded: LoadedPipeline }> {
  let text: string
  try {
    text = await readFile(pipelineFile, 'utf8')
  } catch (error) {
    throw new AftercallError(`the pipeline cannot be read: ${thrownMessage(error)}`, {
      code: 'bad-configuration',
      remedy: 'Make one with `aftercall init`, or name it in PIPELINE.',
      cause: error,
    })
  }
  const loaded = await loadPipeline({
    text,
    file: pipelineFile,
    environment,
    openCatalogue: openDrivers,
  })
  return { text, loaded }
}

/** The plan of a spec that a run has kept. Throws `plan-unloadable`. */
export async function planOfKept(value: unknown, { pipelineFile, environment }: Source): Promise<Plan> {
  const spec = keptSpec(value)
  const directory = dirname(pipelineFile)
  const catalogue = await openDrivers(spec.plugins, directory)
  return planOf(spec, { directory, environment, catalogue })
}

/** The drivers that come with Aftercall, and those of `plugins:` of a pipeline.yaml in the folder `from` (absolute). */
export function openDrivers(plugins: readonly string[], from: string): Promise<OpenedCatalogue> {
  return openCatalogue({ folders: [BUILT_IN], packages: plugins, from })
}
