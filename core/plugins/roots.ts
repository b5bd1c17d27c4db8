import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import type { PluginFault } from '../contracts/index.ts'

/** A folder that holds `<stage>/<driver>`. */
export interface Root {
  readonly folder: string
  /** What stands in `plugins:` of pipeline.yaml; undefined for a folder that the caller gave. */
  readonly plugin: string | undefined
}

const PACKAGE = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/** Where an entry of `plugins:` lies: a folder relative to `from`, or an npm package that `from` can see. */
export function rootOf(plugin: string, from: string): Root | PluginFault {
  if (plugin.startsWith('.') || isAbsolute(plugin)) {
    const folder = resolve(from, plugin)
    return isFolder(folder) ? { folder, plugin } : notFound(plugin, `there is no folder ${folder}`)
  }
  if (!PACKAGE.test(plugin)) {
    return notFound(plugin, `"${plugin}" is neither the name of an npm package nor a folder such as ./my-plugins`)
  }
  const installed = packageFolder(plugin, from)
  if (installed !== undefined) {
    const inside = join(installed, 'plugins')
    return { folder: isFolder(inside) ? inside : installed, plugin }
  }
  const meant = isFolder(resolve(from, plugin)) ? `; if the folder is meant, write ./${plugin}` : ''
  return notFound(plugin, `no npm package "${plugin}" is installed in or above ${from}${meant}`)
}

/** Not by `require.resolve`: `exports` of a package may hide its package.json, and it may have no main file. */
function packageFolder(name: string, from: string): string | undefined {
  const folders = createRequire(join(from, 'pipeline.yaml')).resolve.paths(name) ?? []
  return folders.map((folder) => join(folder, name)).find(isFolder)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function notFound(plugin: string, message: string): PluginFault {
  return { kind: 'plugin-not-found', plugin, message }
}
