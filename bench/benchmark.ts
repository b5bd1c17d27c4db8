import type { DatabaseKind } from './scene/databases.ts'
import type { Scene } from './scene/scene.ts'
import type { SubjectName } from './scene/subject.ts'

/** One benchmark: a file in this folder, and a line in `benchmarks.ts`. */
export interface Benchmark {
  /** What `npm run bench -- NAME` calls it. */
  readonly name: string
  /** What the figures hold and what they leave out, in a sentence or two. */
  readonly measures: string
  /** How many calls are measured unless the command line says otherwise. */
  readonly calls: number
  run(scene: Scene, calls: number): Promise<readonly Row[]>
}

/** What was measured of one subject. */
export interface Row {
  readonly benchmark: string
  readonly database: DatabaseKind
  readonly subject: SubjectName
  readonly calls: number
  /** By name; the unit is the end of the name: `_ms`, `_mb` (2^20 bytes), `_per_s`. */
  readonly figures: Readonly<Record<string, number>>
}
