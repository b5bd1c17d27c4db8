import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parse } from '@babel/parser'

/** One `import`, `export … from`, `import(…)` or `import('…').Type`, types included. */
export interface Import {
  /** Both relative to the root, with `/`; `to` is the name of a package where it is none of our files. */
  readonly from: string
  readonly to: string
  readonly kind: 'file' | 'package' | 'builtin' | 'computed'
  readonly line: number
}

/** How a file of ours is reached by the package's own name. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([
  ['aftercall', 'core/index.ts'],
  ['aftercall/audio', 'core/audio/index.ts'],
  ['aftercall/testing', 'core/testing/index.ts'],
])

/** Every import of every source file below the root, read by a real parser: a type import is an import. */
export function importsOf(root: string, patterns: readonly string[]): readonly Import[] {
  return globSync([...patterns], { cwd: root, exclude: (name) => name.includes('node_modules') })
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .flatMap((file) => importsOfFile(root, file))
}

function importsOfFile(root: string, file: string): readonly Import[] {
  const program = programOf(readFileSync(join(root, file), 'utf8'), file)
  const found: Import[] = []
  if (!isNode(program)) throw new TypeError(`${file} has no syntax tree`)
  walk(program, (node) => {
    const source = sourceOf(node)
    if (source === undefined) return
    found.push({ from: file, line: lineOf(node), ...target(root, file, specifierOf(source)) })
  })
  return found
}

/** Whether the code is right is the compiler's business; only what cannot be read at all is an error here. */
function programOf(text: string, file: string): unknown {
  try {
    return parse(text, { sourceType: 'module', plugins: ['typescript'], errorRecovery: true }).program
  } catch (error) {
    throw new SyntaxError(`${file} cannot be parsed`, { cause: error })
  }
}

function target(root: string, file: string, specifier: string | undefined): Pick<Import, 'to' | 'kind'> {
  if (specifier === undefined) return { to: '', kind: 'computed' }
  if (specifier.startsWith('node:')) return { to: specifier, kind: 'builtin' }
  const own = OWN_NAMES.get(specifier)
  if (own !== undefined) return { to: own, kind: 'file' }
  if (!specifier.startsWith('.')) return { to: packageName(specifier), kind: 'package' }
  return { to: relative(root, join(root, dirname(file), specifier)).replaceAll('\\', '/'), kind: 'file' }
}

function packageName(specifier: string): string {
  const [first = '', second] = specifier.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}

type Node = Readonly<Record<string, unknown>>

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const part of Object.values(node)) {
    for (const child of Array.isArray(part) ? part : [part]) if (isNode(child)) walk(child, visit)
  }
}

/** The part of a node that says what is imported, where it imports. */
function sourceOf(node: Node): unknown {
  switch (node['type']) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
      return node['source']
    case 'ExportNamedDeclaration':
      return node['source'] ?? undefined
    case 'TSImportType':
      return node['source'] ?? node['argument']
    case 'TSExternalModuleReference':
      return node['expression']
    default:
      return undefined
  }
}

/** Undefined for `import(expression)`: nobody can know where that leads. */
function specifierOf(source: unknown): string | undefined {
  if (!isNode(source)) return undefined
  if (source['type'] === 'TSLiteralType') return specifierOf(source['literal'])
  return source['type'] === 'StringLiteral' ? String(source['value']) : undefined
}

function lineOf(node: Node): number {
  const place = node['loc']
  const start = typeof place === 'object' && place !== null && 'start' in place ? place.start : undefined
  return typeof start === 'object' && start !== null && 'line' in start ? Number(start.line) : 0
}
