import type { Import } from './imports.ts'

/** Files that import one another in a circle, each circle from its first file round to that again. */
export function cyclesIn(imports: readonly Import[]): readonly (readonly string[])[] {
  const edges = Map.groupBy(
    imports.filter(({ kind }) => kind === 'file'),
    ({ from }) => from,
  )
  const done = new Set<string>()
  const cycles: string[][] = []

  function visit(file: string, path: readonly string[]): void {
    const start = path.indexOf(file)
    if (start !== -1) {
      cycles.push([...path.slice(start), file])
      return
    }
    if (done.has(file)) return
    for (const { to } of edges.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }

  for (const file of edges.keys()) visit(file, [])
  return cycles
}
