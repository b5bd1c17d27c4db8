import { registerHooks } from 'node:module'

/** `.ts` in the repository, `.js` in the package: whichever this file itself is. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

const ENTRIES: ReadonlyMap<string, string> = new Map(
  [
    ['aftercall', '../index'],
    ['aftercall/audio', '../audio/index'],
    ['aftercall/testing', '../testing/index'],
  ].map(([specifier, path]) => [specifier ?? '', new URL(`${path}${EXTENSION}`, import.meta.url).href]),
)

/** Module resolution belongs to the whole process, so whether it has been extended is a fact of the process too. */
let hooked = false

/**
 * Makes `import … from 'aftercall'` reach the running engine from wherever a driver lies. A plugin folder beside
 * somebody's pipeline.yaml has no node_modules, and a second copy of the engine would have error classes of its own,
 * which `instanceof` does not know.
 */
export function resolveEngineImports(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, next) {
      const url = ENTRIES.get(specifier)
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
    },
  })
}
