import type { TSchema } from 'typebox'
import type { AnyContract } from './contract.ts'
import type { AttemptContext } from './driver.ts'
import type { Services } from './services.ts'

/** A driver at work, types erased: what the engine calls. */
export interface OpenDriver {
  run(input: never, context: AttemptContext): Promise<unknown>
  check?(): Promise<void>
  close?(): Promise<void>
}

/** A driver definition, types erased: what the loader finds in a file. */
export interface AnyDriverDefinition {
  readonly kind: 'driver'
  readonly contract: AnyContract
  readonly description: string
  readonly options: TSchema
  create(options: never, services: Services): OpenDriver
}

/** Where a driver was found. */
export interface FoundDriver {
  readonly stage: string
  readonly use: string
  /** Absolute path of its file. */
  readonly file: string
  readonly definition: AnyDriverDefinition
}

/** Why a driver could not be had. */
export type DriverFault =
  | { readonly kind: 'unknown-stage'; readonly stages: readonly string[] }
  | { readonly kind: 'unknown-driver'; readonly drivers: readonly string[] }
  | { readonly kind: 'broken-driver'; readonly file: string; readonly message: string }

/** What drivers there are. Only what is asked for is loaded. */
export interface Catalogue {
  find(stage: string, use: string): Promise<FoundDriver | DriverFault>
  /** The names of all drivers, from file names alone: nothing is loaded. */
  names(): Promise<readonly { readonly stage: string; readonly use: string; readonly file: string }[]>
}

/** A catalogue, and what was wrong with the plugins that it was to be made from. */
export interface OpenedCatalogue extends Catalogue {
  readonly faults: readonly PluginFault[]
}

/** Why a plugin's drivers could not be had. `plugin` as it stands in `plugins:`. */
export interface PluginFault {
  readonly kind: 'plugin-not-found' | 'plugin-conflict'
  readonly plugin: string
  readonly message: string
}
