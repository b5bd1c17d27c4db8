import { readdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { PluginFault } from '../contracts/index.ts'
import { systemCode } from '../contracts/system-code.ts'
import type { Root } from './roots.ts'

/** The drivers of one kind of stage: name → absolute path of the file. Empty where there is only a contract. */
export type Stages = ReadonlyMap<string, ReadonlyMap<string, string>>

/** What a stage and a driver may be called: nothing that climbs out of a folder, nothing that needs quoting. */
const NAME = /^[a-z][a-z0-9-]*$/

/** The stages and drivers below some folders, by file names alone. Two files of one name are a fault of the later. */
export async function discover(roots: readonly Root[]): Promise<{ stages: Stages; faults: readonly PluginFault[] }> {
  const stages = new Map<string, Map<string, string>>()
  const faults: PluginFault[] = []
  for (const root of roots) {
    for (const [stage, drivers] of await stagesBelow(root.folder)) {
      const known = stages.get(stage) ?? new Map<string, string>()
      stages.set(stage, known)
      for (const [use, file] of drivers) {
        const first = known.get(use)
        if (first === undefined) known.set(use, file)
        else if (first !== file) faults.push(conflict(root, `${stage}/${use}`, first, file))
      }
    }
  }
  return { stages, faults }
}

async function stagesBelow(folder: string): Promise<Stages> {
  const stages = new Map<string, ReadonlyMap<string, string>>()
  for (const entry of await entriesOf(folder)) {
    if (!NAME.test(entry)) continue
    const files = await entriesOf(join(folder, entry))
    const drivers = driversAmong(files, join(folder, entry))
    if (drivers.size > 0 || files.some((file) => /^contract\.(ts|js)$/.test(file))) stages.set(entry, drivers)
  }
  return stages
}

/**
 * A package may ship a driver as `.ts` and as `.js`, side by side. Node strips no types below node_modules, so there
 * it must be the `.js`; elsewhere the source is meant.
 */
function driversAmong(files: readonly string[], folder: string): ReadonlyMap<string, string> {
  const extensions = folder.split(sep).includes('node_modules') ? ['.ts', '.js'] : ['.js', '.ts']
  const drivers = new Map<string, string>()
  for (const extension of extensions) {
    for (const file of files) {
      const name = file.slice(0, -extension.length)
      if (file.endsWith(extension) && NAME.test(name) && name !== 'contract') drivers.set(name, join(folder, file))
    }
  }
  return new Map([...drivers].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The names in a folder, sorted; none where it is no folder. */
async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return []
    throw error
  }
}

function conflict(root: Root, driver: string, first: string, second: string): PluginFault {
  return {
    kind: 'plugin-conflict',
    plugin: root.plugin ?? root.folder,
    message: `${driver} exists twice: ${first} and ${second}`,
  }
}
