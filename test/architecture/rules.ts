import type { Import } from './imports.ts'

/** The public API: `aftercall`, `aftercall/audio`, `aftercall/testing`. */
const PUBLIC = ['core/index.ts', 'core/audio/index.ts', 'core/testing/index.ts']

/**
 * Who may import whom: the import rule of docs/architecture.md. A part may always import itself. The command line
 * stands on top of everything, because `validate` and `graph` must answer without loading the whole program.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'core/contracts': [],
  'core/configuration.ts': [],
  'core/audio': ['core/contracts'],
  'core/testing': ['core/contracts'],
  'core/pipeline': ['core/contracts'],
  'core/plugins': ['core/contracts'],
  'core/outbound': ['core/contracts'],
  'core/http': ['core/contracts'],
  'core/index.ts': ['core/contracts'],
  'core/store': ['core/contracts'],
  'core/queue': [],
  'core/engine': ['core/contracts', 'core/pipeline', 'core/store', 'core/queue'],
  'core/ingress': ['core/audio', 'core/contracts', 'core/http', 'core/store', 'core/queue'],
  'core/twilio-api': ['core/contracts'],
  // Sync is a second door: what it finds is read by the rules of the first.
  'core/sync': ['core/contracts', 'core/store', 'core/queue', 'core/ingress', 'core/twilio-api'],
  'core/recordings': ['core/contracts', 'core/store', 'core/twilio-api'],
  'core/api': ['core/contracts', 'core/http', 'core/store', 'core/queue', 'core/pipeline'],
  // Parts of app.ts that are ideas of their own: each puts a few of the others together.
  'core/composition': [
    'core/configuration.ts',
    'core/contracts',
    'core/engine',
    'core/ingress',
    'core/outbound',
    'core/pipeline',
    'core/plugins',
    'core/queue',
    'core/recordings',
    'core/store',
    'core/sync',
    'core/twilio-api',
  ],
  'core/app.ts': ['core/*'],
  'core/cli': ['core/*', 'config', 'sandbox'],
  config: ['core/configuration.ts', 'core/contracts', 'core/store'],
  migrations: [],
  plugins: PUBLIC,
  sandbox: PUBLIC,
}

/** Packages that only some files may know. */
const OWNERS: Readonly<Record<string, RegExp>> = {
  'fluent-ffmpeg': /^plugins\/transcode\/ffmpeg\.ts$/,
  openai: /^plugins\//,
  knex: /^(core\/store|migrations)\//,
  commander: /^core\/cli\//,
}

/** Where `import(expression)` may stand: drivers, migrations, and the way in. */
const LOADERS = /^(core\/plugins\/|core\/store\/migration-source\.ts$|bin\/)/

/** Each import that breaks the rule, as `file:line  what is wrong`. */
export function brokenRules(imports: readonly Import[]): readonly string[] {
  return imports.flatMap((found) => {
    const fault = faultOf(found)
    return fault === undefined ? [] : [`${found.from}:${found.line}  ${fault}`]
  })
}

function faultOf({ from, to, kind }: Import): string | undefined {
  if (kind === 'computed') return LOADERS.test(from) ? undefined : 'a computed import, outside of the loaders'
  if (kind === 'package') return OWNERS[to]?.test(from) === false ? `${to} is not for this file` : undefined
  if (kind === 'builtin') return undefined
  const [part, other] = [partOf(from), partOf(to)]
  if (part === 'plugins' && other === 'plugins') return pluginFault(from, to)
  if (part === other) return undefined
  const allowed = MAY_IMPORT[part]
  if (allowed === undefined) return `${part} is no part of the architecture: give it a place in the rule`
  const may =
    allowed.includes(other) || allowed.includes(to) || (allowed.includes('core/*') && other.startsWith('core/'))
  return may ? undefined : `${part} may not import ${to}`
}

/** `core/store`, `core/app.ts`, `plugins`. */
export function partOf(file: string): string {
  const [first = '', second = ''] = file.split('/')
  return first === 'core' ? `core/${second}` : first
}

/** A driver may import what is shared (names that begin with `_`) and contracts, and never another driver. */
function pluginFault(from: string, to: string): string | undefined {
  const [stage, ...path] = to.split('/').slice(1)
  const shared = [stage, ...path].some((name) => name?.startsWith('_'))
  const ownStage = stage === from.split('/')[1] || stage?.startsWith('_')
  if (shared && ownStage) return undefined
  if (path.join('/') === 'contract.ts') return undefined
  return `a driver may not import ${to}: neither a contract nor shared with it`
}
