import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import { type Fault, faultAt, type Locate, type Span } from './fault.ts'
import { withoutSecrets } from './secrets.ts'

const MAX_BYTES = 256 * 1024
const MAX_DEPTH = 32
/** One wrong quote can make a thousand syntax errors, of which the first ones tell. */
const MAX_SYNTAX_FAULTS = 20

/** A YAML text that has been read. */
export interface YamlFile {
  /** The data; undefined where the text is no YAML that can be relied on. */
  readonly value: unknown
  readonly locate: Locate
  readonly faults: readonly Fault[]
}

const START: Span = { line: 1, column: 1, endColumn: 1 }

/** Reads a YAML text from who knows where: bounded in size, depth and number of faults, and it never throws. */
export function readYaml(text: string, file: string): YamlFile {
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_BYTES) {
    const message = `the file has ${bytes} bytes, and ${MAX_BYTES} is the most`
    return unreadable([faultAt(START, { rule: 'too-large', path: [], message }, file)])
  }
  const lines = new LineCounter()
  // `uniqueKeys: false`: the library compares every key with every other; `strayNodes` does it in one pass.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    keepSourceTokens: false,
  })
  const spanOf = (start: number, end: number): Span => span(text, lines, start, end)
  const broken = [...document.errors, ...document.warnings]
    .slice(0, MAX_SYNTAX_FAULTS)
    .map(({ pos, message }) =>
      faultAt(spanOf(pos[0], pos[1]), { rule: 'syntax', path: [], message: withoutSecrets(message) }, file),
    )
  if (broken.length > 0) return unreadable(broken)
  const stray = strayNodes(document.contents).map(({ node, rule, message }) => {
    const [start, end] = rangeOf(node)
    return faultAt(spanOf(start, end), { rule, path: [], message }, file)
  })
  if (stray.some(({ rule }) => rule !== 'duplicate-key')) return unreadable(stray)
  return { value: document.toJS({ maxAliasCount: 0 }), locate: locator(document.contents, spanOf), faults: stray }
}

function unreadable(faults: readonly Fault[]): YamlFile {
  return { value: undefined, locate: () => START, faults }
}

interface StrayNode {
  readonly node: unknown
  readonly rule: 'duplicate-key' | 'no-alias' | 'too-deep' | 'wrong-type'
  readonly message: string
}

/** What YAML allows and a pipeline does not: aliases, keys given twice, keys that are no text, endless nesting. */
function strayNodes(contents: Node | null): readonly StrayNode[] {
  const found: StrayNode[] = []
  visit(contents, {
    Alias(_, node) {
      found.push({ node, rule: 'no-alias', message: `*${node.source} is an alias` })
    },
    Collection(_, node, above) {
      const depth = above.filter((parent) => isMap(parent) || isSeq(parent)).length
      if (depth < MAX_DEPTH) return undefined
      found.push({ node, rule: 'too-deep', message: `this is nested more than ${MAX_DEPTH} deep` })
      return visit.SKIP
    },
    Map(_, node) {
      const known = new Set<string>()
      for (const { key } of node.items) {
        if (!isScalar(key)) {
          found.push({ node: key, rule: 'wrong-type', message: 'a key must be a word' })
          continue
        }
        const name = String(key.value)
        if (known.has(name)) found.push({ node: key, rule: 'duplicate-key', message: `"${name}" stands here twice` })
        known.add(name)
      }
    },
  })
  return found
}

function locator(contents: Node | null, spanOf: (start: number, end: number) => Span): Locate {
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

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : ''
}

function rangeOf(node: unknown): [start: number, end: number] {
  const range: readonly unknown[] = isNode(node) ? (node.range ?? []) : []
  const [start, end] = range
  return [typeof start === 'number' ? start : 0, typeof end === 'number' ? end : 0]
}

/** Offsets as line and columns: of something that goes on over several lines, only its first line is marked. */
function span(text: string, lines: LineCounter, start: number, end: number): Span {
  const { line, col } = lines.linePos(start)
  const newline = text.indexOf('\n', start)
  const lineEnd = newline === -1 ? text.length : newline
  const length = text.slice(start, Math.max(start, Math.min(end, lineEnd))).trimEnd().length
  return { line: Math.max(1, line), column: Math.max(1, col), endColumn: Math.max(1, col) + Math.max(1, length) }
}
