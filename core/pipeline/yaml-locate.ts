import { isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'
import type { Locate, Span } from './fault.ts'

/** Finds places in a parsed document. `spanOf` makes lines and columns of offsets. */
export function locator(contents: Node | null, spanOf: (start: number, end: number) => Span): Locate {
  const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>()
  const pairs = (map: YAMLMap): ReadonlyMap<string, Pair> => {
    const index = indexes.get(map) ?? new Map(map.items.map((pair) => [keyOf(pair), pair]))
    indexes.set(map, index)
    return index
  }
  return (path, at) => {
    let node: unknown = contents
    let key: unknown
    let complete = true
    for (const part of path) {
      const pair = isMap(node) ? pairs(node).get(String(part)) : undefined
      const next = isSeq(node) && typeof part === 'number' ? node.items[part] : pair?.value
      if (pair === undefined && next === undefined) {
        complete = false
        break
      }
      key = pair?.key
      node = next ?? key
    }
    const target = complete && at === 'key' && key !== undefined ? key : node
    return spanOf(...rangeOf(target))
  }
}

/** A key as a word. */
export function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : ''
}

/** The offsets of a node: from its first to after its last character. */
export function rangeOf(node: unknown): [start: number, end: number] {
  const range: readonly unknown[] = isNode(node) ? (node.range ?? []) : []
  const [start, end] = range
  return [typeof start === 'number' ? start : 0, typeof end === 'number' ? end : 0]
}
