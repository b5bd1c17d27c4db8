import type { DriverFault, FoundDriver, OpenedCatalogue, PluginFault } from '../contracts/index.ts'
import { discover } from './discover.ts'
import { resolveEngineImports } from './engine-imports.ts'
import { loadDriver } from './load-driver.ts'
import { type Root, rootOf } from './roots.ts'

export interface CatalogueSources {
  /** Absolute paths of folders that hold `<stage>/<driver>`: the built-in one. */
  readonly folders: readonly string[]
  /** `plugins:` of a pipeline: npm packages, or folders relative to `from`. */
  readonly packages: readonly string[]
  /** The folder of the pipeline file, absolute. */
  readonly from: string
}

/**
 * Finds drivers by their paths, and imports only those that are asked for. Later roots add stages and drivers and
 * replace none. What is wrong with a plugin stands in `faults`: the rest works all the same.
 */
export async function openCatalogue(sources: CatalogueSources): Promise<OpenedCatalogue> {
  const roots: Root[] = sources.folders.map((folder) => ({ folder, plugin: undefined }))
  const missing: PluginFault[] = []
  for (const plugin of new Set(sources.packages)) {
    const root = rootOf(plugin, sources.from)
    if ('kind' in root) missing.push(root)
    else roots.push(root)
  }
  const { stages, faults } = await discover(roots)
  const loading = new Map<string, Promise<FoundDriver | DriverFault>>()
  resolveEngineImports()
  return {
    faults: [...missing, ...faults],
    async find(stage, use) {
      const drivers = stages.get(stage)
      if (drivers === undefined) return { kind: 'unknown-stage', stages: [...stages.keys()].sort() }
      const file = drivers.get(use)
      if (file === undefined) return { kind: 'unknown-driver', drivers: [...drivers.keys()] }
      const loaded = loading.get(file) ?? loadDriver(stage, use, file)
      loading.set(file, loaded)
      return loaded
    },
    async names() {
      return [...stages]
        .flatMap(([stage, drivers]) => [...drivers].map(([use, file]) => ({ stage, use, file })))
        .sort((a, b) => (`${a.stage}/${a.use}` < `${b.stage}/${b.use}` ? -1 : 1))
    },
  }
}
