import { pathToFileURL } from 'node:url'
import { type AnyDriverDefinition, type DriverFault, type FoundDriver, thrownMessage } from '../contracts/index.ts'

/** Imports a driver's file and makes sure that it holds a driver of this stage. The only import of a computed path. */
export async function loadDriver(stage: string, use: string, file: string): Promise<FoundDriver | DriverFault> {
  const broken = (message: string): DriverFault => ({ kind: 'broken-driver', file, message })
  let loaded: Readonly<Record<string, unknown>>
  try {
    loaded = await import(pathToFileURL(file).href)
  } catch (error) {
    return broken(`it cannot be imported: ${thrownMessage(error)}${esModuleAdvice(error)}`)
  }
  const definition = loaded['default']
  if (definition === undefined) return broken('it has no default export')
  if (!isDriver(definition)) return broken('its default export is not made by defineDriver(contract, …)')
  const reason = CHECKS.map((check) => check({ ...definition }, stage)).find((message) => message !== undefined)
  return reason === undefined ? { stage, use, file, definition } : broken(reason)
}

/** `npm init` writes `"type": "commonjs"`, and then Node takes the project's plugins for CommonJS and says little more. */
function esModuleAdvice(error: unknown): string {
  const isCommonJs = error instanceof SyntaxError && /import statement outside a module|'export'/.test(error.message)
  return isCommonJs ? '; put { "type": "module" } into a package.json in the plugin folder' : ''
}

type Mapping = Readonly<Record<string, unknown>>

/** A named check per rule, each with the reason that it gives; drivers may be written without a compiler. */
const CHECKS: readonly ((definition: Mapping, stage: string) => string | undefined)[] = [
  ({ contract }) => (isContract(contract) ? undefined : 'its contract is not made by defineContract(…)'),
  ({ contract }, stage) => {
    const own = isMapping(contract) ? contract['stage'] : undefined
    return own === stage ? undefined : `it lies in the folder "${stage}", but its contract is that of "${own}"`
  },
  ({ create }) => (typeof create === 'function' ? undefined : 'it has no create(options, services)'),
  ({ options }) =>
    isMapping(options) && options['type'] === 'object' ? undefined : 'its options are not an object schema',
  ({ options }) =>
    isMapping(options) && options['additionalProperties'] === false
      ? undefined
      : 'its options schema lacks { additionalProperties: false }: misspelt options would go unnoticed',
]

/** What the compiler may believe once the checks have passed as well: `defineDriver` makes nothing else. */
function isDriver(definition: unknown): definition is AnyDriverDefinition {
  return isMapping(definition) && definition['kind'] === 'driver'
}

function isContract(value: unknown): boolean {
  if (!isMapping(value) || value['kind'] !== 'contract') return false
  const { consumes, optional, produces } = value
  return isListOf(consumes, isInput) && isListOf(optional, isArtifact) && isArtifact(produces)
}

function isInput(value: unknown): boolean {
  return (
    isArtifact(value) || (isMapping(value) && value['kind'] === 'first-of' && isListOf(value['members'], isArtifact))
  )
}

function isListOf(value: unknown, check: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(check)
}

function isArtifact(value: unknown): boolean {
  return isMapping(value) && value['kind'] === 'artifact' && typeof value['name'] === 'string'
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null
}
