import { isCollection, isScalar, type Node, visit, type YAMLMap } from 'yaml'
import { keyOf } from './yaml-locate.ts'

export const MAX_DEPTH = 32

export const TOO_DEEP = { rule: 'too-deep', message: `this is nested more than ${MAX_DEPTH} deep` } as const

/** A node that YAML allows and a pipeline does not. */
export interface StrayNode {
  readonly node: unknown
  readonly rule: 'duplicate-key' | 'no-alias' | 'too-deep' | 'wrong-type'
  readonly message: string
}

/** What YAML allows and a pipeline does not: aliases, keys given twice, keys that are no text, endless nesting. */
export function strayNodes(contents: Node | null): readonly StrayNode[] {
  const found: StrayNode[] = []
  const tooDeep = (node: Node, above: readonly unknown[]): boolean => {
    const deep = above.filter((parent) => isCollection(parent)).length >= MAX_DEPTH
    if (deep) found.push({ node, ...TOO_DEEP })
    return deep
  }
  visit(contents, {
    Alias(_, node) {
      found.push({ node, rule: 'no-alias', message: `*${node.source} is an alias` })
    },
    Seq: (_, node, above) => (tooDeep(node, above) ? visit.SKIP : undefined),
    Map(_, node, above) {
      if (tooDeep(node, above)) return visit.SKIP
      found.push(...strayKeys(node))
      return undefined
    },
  })
  return found
}

function strayKeys(map: YAMLMap): readonly StrayNode[] {
  const known = new Set<string>()
  return map.items.flatMap((pair): readonly StrayNode[] => {
    if (!isScalar(pair.key)) return [{ node: pair.key, rule: 'wrong-type', message: 'a key must be a word' }]
    const name = keyOf(pair)
    if (known.has(name)) return [{ node: pair.key, rule: 'duplicate-key', message: `"${name}" stands here twice` }]
    known.add(name)
    return []
  })
}
