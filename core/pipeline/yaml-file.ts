import { LineCounter, parseDocument } from 'yaml'
import { type Fault, faultAt, type Locate, type Span } from './fault.ts'
import { nestedBeyond } from './nesting.ts'
import { withoutSecrets } from './secrets.ts'
import { locator, rangeOf } from './yaml-locate.ts'
import { MAX_DEPTH, strayNodes, TOO_DEEP } from './yaml-stray.ts'

const MAX_BYTES = 256 * 1024
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
  const deep = nestedBeyond(MAX_DEPTH, text)
  if (deep !== undefined) {
    const before = text.slice(0, deep).split('\n')
    const column = (before.at(-1)?.length ?? 0) + 1
    return unreadable([
      faultAt({ line: before.length, column, endColumn: column + 1 }, { ...TOO_DEEP, path: [] }, file),
    ])
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

/** Offsets as line and columns: of something that goes on over several lines, only its first line is marked. */
function span(text: string, lines: LineCounter, start: number, end: number): Span {
  const { line, col } = lines.linePos(start)
  const newline = text.indexOf('\n', start)
  const lineEnd = newline === -1 ? text.length : newline
  const length = text.slice(start, Math.max(start, Math.min(end, lineEnd))).trimEnd().length
  return { line: Math.max(1, line), column: Math.max(1, col), endColumn: Math.max(1, col) + Math.max(1, length) }
}
