import type { Static, TSchema } from 'typebox'
import type { Call } from './artifacts/call.ts'

/** Columns of `call_log` that an artifact may fill. The engine writes them; `status` and the identity are its own. */
export interface CallColumns {
  readonly recording_url?: string | null
  readonly recording_duration_sec?: number | null
  readonly recording_channels?: number | null
  readonly final_transcript?: string | null
  readonly transcript_language?: string | null
  readonly transcript_source?: string | null
  readonly summary?: string | null
  readonly extracted_city?: string | null
  readonly extracted_service?: string | null
  readonly extraction?: unknown
}

export interface ArtifactOptions<Value> {
  /**
   * The columns of `call_log` that this artifact fills: a pure function. They are written, in the commit of the
   * artifact, by its last producer in the plan, while the run's recording is the call's current one.
   */
  readonly columns?: (value: Value, call: Call) => CallColumns
  /** A log line for the moment the columns are committed. Never the text of a transcript. */
  readonly saved?: (value: Value) => string
  /**
   * Marks a file artifact: maps every file name that the value mentions. A driver writes its files into its
   * `workdir` and names them relatively to it; who consumes the artifact gets absolute paths. The files live until
   * the run's outcome is decided; where they are missing (another machine), the producer runs again.
   */
  readonly mapFiles?: (value: Value, map: (file: string) => string) => Value
}

/** A named, schema-checked result that stages hand to one another. The token carries its type. */
export interface Artifact<Name extends string = string, Value = unknown> {
  readonly kind: 'artifact'
  readonly name: Name
  readonly schema: TSchema
  readonly columns: ((value: Value, call: Call) => CallColumns) | undefined
  readonly saved: ((value: Value) => string) | undefined
  readonly mapFiles: ((value: Value, map: (file: string) => string) => Value) | undefined
  /** Only for the compiler: the type of the value. Never set. */
  readonly _value?: Value
}

/**
 * An artifact of whatever value, for code that handles all of them alike. A function that takes every value would be
 * a lie, so the parameters are `never`: `core/contracts/erased.ts` is the one place that calls them.
 */
export interface AnyArtifact {
  readonly kind: 'artifact'
  readonly name: string
  readonly schema: TSchema
  readonly columns: ((value: never, call: Call) => CallColumns) | undefined
  readonly saved: ((value: never) => string) | undefined
  readonly mapFiles: ((value: never, map: (file: string) => string) => unknown) | undefined
  readonly _value?: unknown
}

/** The value that a token stands for. */
export type ValueOf<A> = A extends { readonly _value?: infer Value } ? Exclude<Value, undefined> : never

/** Declares an artifact: a unique lower-case name and the TypeBox schema that every value is checked against. */
export function defineArtifact<const Name extends string, Schema extends TSchema>(
  name: Name,
  schema: Schema,
  options: ArtifactOptions<Static<Schema>> = {},
): Artifact<Name, Static<Schema>> {
  return {
    kind: 'artifact',
    name,
    schema,
    columns: options.columns,
    saved: options.saved,
    mapFiles: options.mapFiles,
  }
}

/** An input that is satisfied by the first of several artifacts that is there: `firstOf(audio, recording)`. */
export interface FirstOf<Members extends readonly AnyArtifact[] = readonly AnyArtifact[]> {
  readonly kind: 'first-of'
  readonly members: Members
}

export function firstOf<const Members extends readonly [AnyArtifact, AnyArtifact, ...AnyArtifact[]]>(
  ...members: Members
): FirstOf<Members> {
  return { kind: 'first-of', members }
}
