import type { AnyArtifact, CallColumns } from './artifact.ts'
import type { Call } from './artifacts/call.ts'
import type { AnyDriverDefinition, OpenDriver } from './catalogue.ts'
import type { AnyContract, ArtifactReader } from './contract.ts'
import type { AttemptContext } from './driver.ts'
import type { Services } from './services.ts'

/**
 * Where types are erased. A registry of stages cannot know the types of each, so here, and nowhere else, `unknown`
 * is handed to functions of a specific type. What makes it safe stands before each call: the value has passed the
 * schema that the type was inferred from.
 */
const erased = (value: unknown): never => value as never

/** The columns of a value that has passed the artifact's schema. */
export function columnsOf(artifact: AnyArtifact, value: unknown, call: Call): CallColumns {
  return artifact.columns?.(erased(value), call) ?? {}
}

/** The log line of a value that has passed the artifact's schema. */
export function savedLine(artifact: AnyArtifact, value: unknown): string | undefined {
  return artifact.saved?.(erased(value))
}

/** The value with every file name mapped; unchanged where the artifact has no files. */
export function mapFiles(artifact: AnyArtifact, value: unknown, map: (file: string) => string): unknown {
  return artifact.mapFiles === undefined ? value : artifact.mapFiles(erased(value), map)
}

/** The log line of a stage that has produced a value that has passed its schema. */
export function producedLine(contract: AnyContract, value: unknown): string | undefined {
  return contract.produced?.(erased(value))
}

/** Makes a driver from options that have passed its schema. */
export function createDriver(definition: AnyDriverDefinition, options: unknown, services: Services): OpenDriver {
  return definition.create(erased(options), services)
}

/** One attempt, with an input that the plan has put together from checked artifacts. */
export function runDriver(driver: OpenDriver, input: unknown, context: AttemptContext): Promise<unknown> {
  return driver.run(erased(input), context)
}

/** Typed reading of artifacts that have passed their schemas. */
export function artifactReader(values: ReadonlyMap<string, unknown>): ArtifactReader {
  return {
    get: (artifact) => erased(values.get(artifact.name)),
    all: () => Object.fromEntries(values),
  }
}
