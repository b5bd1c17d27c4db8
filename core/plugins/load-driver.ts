import { pathToFileURL } from 'node:url'
import { type AnyDriverDefinition, type DriverFault, type FoundDriver, thrownMessage } from '../contracts/index.ts'

/** Imports a driver's file and makes sure that it holds a driver of this stage. The only import of a computed path. */
export async function loadDriver(stage: string, use: string, file: string): Promise<FoundDriver | DriverFault> {
  const broken = (message: string): DriverFault => ({ kind: 'broken-driver', file, message })
  let loaded: Readonly<Record<string, unknown>>
  try {
    loaded = await import(pathToFileURL(file).href)
  } catch (error) {
    return broken(`it cannot be imported: ${thrownMessage(error)}`)
  }
  const definition = loaded['default']
  const reason = whyNoDriver(definition, stage)
  if (reason !== undefined) return broken(reason)
  return isDriver(definition) ? { stage, use, file, definition } : broken('its default export is no driver')
}

type Check = (definition: Mapping, stage: string) => string | undefined
type Mapping = Readonly<Record<string, unknown>>

/** One named check per rule, the first that fails is the reason. */
const CHECKS: readonly Check[] = [
  ({ kind }) => (kind === 'driver' ? undefined : 'its default export is not made by defineDriver(contract, …)'),
  ({ contract }) =>
    isMapping(contract) && contract['kind'] === 'contract' && isArtifact(contract['produces'])
      ? undefined
      : 'its contract is not made by defineContract(…)',
  ({ contract }, stage) =>
    isMapping(contract) && contract['stage'] === stage
      ? undefined
      : `it lies in the folder "${stage}", but its contract is that of "${isMapping(contract) ? contract['stage'] : ''}"`,
  ({ create }) => (typeof create === 'function' ? undefined : 'it has no create(options, services)'),
  ({ options }) =>
    isMapping(options) && options['type'] === 'object' ? undefined : 'its options are not an object schema',
  ({ options }) =>
    isMapping(options) && options['additionalProperties'] === false
      ? undefined
      : 'its options schema lacks { additionalProperties: false }: misspelt options would go unnoticed',
]

function whyNoDriver(definition: unknown, stage: string): string | undefined {
  if (definition === undefined) return 'it has no default export'
  if (!isMapping(definition)) return 'its default export is not made by defineDriver(contract, …)'
  for (const check of CHECKS) {
    const reason = check(definition, stage)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** What the compiler may believe of a definition that has passed the checks: `defineDriver` makes nothing else. */
function isDriver(definition: unknown): definition is AnyDriverDefinition {
  return isMapping(definition) && definition['kind'] === 'driver'
}

function isArtifact(value: unknown): boolean {
  return isMapping(value) && value['kind'] === 'artifact' && typeof value['name'] === 'string'
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null
}
