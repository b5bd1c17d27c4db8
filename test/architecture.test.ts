import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { cyclesIn } from './architecture/cycles.ts'
import { type Import, importsOf } from './architecture/imports.ts'
import { brokenRules, MAY_IMPORT } from './architecture/rules.ts'
import { freshFolder } from './support/folder.ts'

const ROOT = join(import.meta.dirname, '..')
const SOURCES = ['{core,config,migrations,plugins,sandbox}/**/*.ts', 'bin/*.js']

describe('the architecture', () => {
  let imports: readonly Import[] = []

  before(() => {
    imports = importsOf(ROOT, SOURCES)
  })

  it('keeps the import rule', () => {
    expect(brokenRules(imports)).to.deep.equal([])
  })

  it('has no import cycles, type imports counted', () => {
    expect(cyclesIn(imports)).to.deep.equal([])
  })

  it('imports files that exist', () => {
    const files = imports.filter(({ kind }) => kind === 'file')
    expect(files.length).to.be.greaterThan(100)
    expect(files.filter(({ to }) => !existsSync(join(ROOT, to)))).to.deep.equal([])
  })

  it('imports only packages that are installed with it, not those of development', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const foreign = imports.filter(({ kind, to }) => kind === 'package' && !(to in dependencies))
    expect(foreign).to.deep.equal([])
  })

  it('has a place for every part of the core', () => {
    const parts = globSync('core/*', { cwd: ROOT })
    expect(parts.filter((part) => !(part in MAY_IMPORT))).to.deep.equal([])
  })

  it('has small files whose names say something', () => {
    const files = globSync(SOURCES, { cwd: ROOT })
    const long = files.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 300)
    expect(long, 'longer than 300 lines').to.deep.equal([])
    expect(files.filter((file) => /\b(utils?|helpers?|common|misc)\.ts$/.test(file))).to.deep.equal([])
  })
})

describe('the architecture test', () => {
  const folder = freshFolder()

  async function planted(files: Readonly<Record<string, string>>) {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(join(folder.path, dirname(file)), { recursive: true })
      await writeFile(join(folder.path, file), text)
    }
    return importsOf(folder.path, SOURCES)
  }

  for (const [what, file, line] of [
    ['a part that it may not import', 'core/contracts/a.ts', "import { b } from '../store/b.ts'"],
    ['a type', 'core/queue/a.ts', "import type { B } from '../store/b.ts'"],
    ['a type in passing', 'core/queue/a.ts', "let b: import('../store/b.ts').B"],
    ['a re-export', 'core/pipeline/a.ts', "export * from '../engine/b.ts'"],
    ['a re-exported name', 'core/pipeline/a.ts', "export { type B } from '../engine/b.ts'"],
    ['a dynamic import', 'core/api/a.ts', "const b = await import('../engine/b.ts')"],
    ['the plugins, from the core', 'core/app.ts', "import '../plugins/stt/openai.ts'"],
    ['the configuration, from the core', 'core/app.ts', "import '../config/environment.ts'"],
    ['the insides of the core, from a driver', 'plugins/stt/a.ts', "import { s } from '../../core/store/b.ts'"],
    ['another driver', 'plugins/stt/a.ts', "import b from './b.ts'"],
    ['a driver of another stage', 'plugins/stt/a.ts', "import b from '../transcode/ffmpeg.ts'"],
    ['what another stage shares among its own', 'plugins/stt/a.ts', "import b from '../webhook/_endpoint.ts'"],
    ['a computed import', 'core/engine/a.ts', 'await import(name)'],
    ['a package that has one place', 'core/engine/a.ts', "import { OpenAI } from 'openai'"],
    ['from a part that nobody knows', 'core/new/a.ts', "import { b } from '../contracts/b.ts'"],
  ] as const) {
    it(`sees ${what}`, async () => {
      const broken = brokenRules(await planted({ [file]: `// a comment: import './x.ts'\n${line}\n` }))
      expect(broken).to.have.length(1)
      expect(broken[0]).to.match(new RegExp(`^${file}:2 `))
    })
  }

  it('lets pass what the rule allows', async () => {
    const lines = [
      "import { defineDriver } from 'aftercall'",
      "import { readWav } from 'aftercall/audio'",
      "import { contract } from '../redact/contract.ts'",
      "import { openAi } from '../_openai/provider.ts'",
      "import { tracks } from './_tracks.ts'",
      'const text = "import x from \'../webhook/http.ts\'"',
    ]
    expect(brokenRules(await planted({ 'plugins/stt/a.ts': lines.join('\n') }))).to.deep.equal([])
  })

  it('sees cycles, also those of types alone, and of a file with itself', async () => {
    const imports = await planted({
      'core/a/one.ts': "import type { Two } from './two.ts'",
      'core/a/two.ts': "import './three.ts'",
      'core/a/three.ts': "let one: import('./one.ts').One",
      'core/a/alone.ts': "import './alone.ts'",
    })
    expect(cyclesIn(imports)).to.deep.equal([
      ['core/a/alone.ts', 'core/a/alone.ts'],
      ['core/a/one.ts', 'core/a/two.ts', 'core/a/three.ts', 'core/a/one.ts'],
    ])
  })
})
