/**
 * Writes the generated parts of docs/: what stands between `<!-- generated: NAME -->` and `<!-- /generated -->`.
 * Run by `npm run docs`; a test fails when a part is not current.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { COMMANDS } from '../core/cli/commands.ts'
import { main } from '../core/cli/main.ts'
import { ERRORS } from '../core/contracts/index.ts'
import { fileSchema } from '../core/pipeline/file-schema.ts'
import { type ListedOption, listOptions } from '../core/pipeline/option-list.ts'
import { RULES } from '../core/pipeline/rules.ts'
import { openCatalogue } from '../core/plugins/catalogue.ts'

const ROOT = join(import.meta.dirname, '..')
const FILES = ['docs/commands.md', 'docs/errors.md', 'docs/pipeline.md'] as const

const PARTS: Readonly<Record<string, () => string | Promise<string>>> = {
  rules: () =>
    table(
      ['Rule', 'What it asks for', 'Remedy'],
      Object.entries(RULES).map(([id, { severity, about, remedy }]) => [
        `\`${id}\`${severity === 'warning' ? ' (warning)' : ''}`,
        about,
        remedy,
      ]),
    ),
  errors: () =>
    table(
      ['Code', 'Remedy'],
      Object.entries(ERRORS).map(([code, remedy]) => [`\`${code}\``, remedy]),
    ),
  keys: () =>
    table(
      ['Key', 'Must be', '', 'Meaning'],
      listOptions(fileSchema).map(({ name, kind, required, description }) => [
        `\`${name}\``,
        kind,
        required ? 'required' : '',
        description,
      ]),
    ),
  drivers,
  ...Object.fromEntries(COMMANDS.map(({ name }) => [`help ${name}`, () => help(name)])),
}

/** The text of each file as it should be, by its path from the root. */
export async function currentDocs(): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const file of FILES) {
    let text = await readFile(join(ROOT, file), 'utf8')
    for (const [name, generate] of Object.entries(PARTS)) {
      const part = new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(<!-- /generated -->)`)
      if (!part.test(text)) continue
      const generated = await generate()
      text = text.replace(part, (_, begin: string, end: string) => `${begin}\n${generated}\n${end}`)
    }
    texts.set(file, text)
  }
  return texts
}

async function help(command: string): Promise<string> {
  const stdout = new PassThrough()
  const printed = textOf(stdout)
  const none = new PassThrough().end()
  await main([command, '--help'], { stdin: none, stdout, stderr: none, cwd: ROOT, env: {}, terminal: false })
  stdout.end()
  return `\`\`\`text\n${(await printed).trimEnd()}\n\`\`\`\n`
}

async function drivers(): Promise<string> {
  const catalogue = await openCatalogue({ folders: [join(ROOT, 'plugins')], packages: [], from: ROOT })
  const parts: string[] = []
  let stage = ''
  for (const { stage: kind, use } of await catalogue.names()) {
    const found = await catalogue.find(kind, use)
    if ('kind' in found) throw new Error(`${kind}/${use} cannot be documented: ${JSON.stringify(found)}`)
    const { contract, description, options } = found.definition
    if (kind !== stage) parts.push(`### ${kind}\n\n${sentence(contract.description)}\n`)
    stage = kind
    parts.push(`#### ${kind}/${use}\n\n${sentence(description)}\n`)
    const rows = listOptions(options)
    parts.push(
      rows.length === 0 ? 'No options.\n' : table(['Option', 'Must be', 'Default', 'Meaning'], rows.map(optionRow)),
    )
  }
  return parts.join('\n')
}

function optionRow({ name, kind, required, default: preset, description }: ListedOption): readonly string[] {
  const written = preset === undefined ? (required ? 'required' : '') : `\`${JSON.stringify(preset)}\``
  return [`\`${name}\``, kind, written, description]
}

function sentence(text: string): string {
  return text === '' || text.endsWith('.') ? text : `${text}.`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`
}

if (import.meta.main) {
  for (const [file, text] of await currentDocs()) await writeFile(join(ROOT, file), text)
}
