import { execFile } from 'node:child_process'
import { cpSync, existsSync, symlinkSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const REPOSITORY = [
  ...['bin', 'config', 'core', 'migrations', 'plugins', 'sandbox', 'scripts', 'pipeline.yaml', 'package.json'],
  ...['tsconfig.json', 'tsconfig.package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', '.gitignore'],
]

/** A driver of a standard contract in JavaScript, and a stage of its own in TypeScript. */
const PLUGINS = {
  'plugins/stt/fixed.js': `
    import { defineDriver, stt, Type, PermanentError } from 'aftercall'
    export default defineDriver(stt, {
      description: 'says what it is told to',
      options: Type.Object({ text: Type.String({ description: 'what is said' }) }, { additionalProperties: false }),
      create: ({ text }) => ({
        async run() {
          if (text === '') throw new PermanentError('there is nothing to say')
          const segments = [{ start: 0, end: 1, speaker: 'customer', text }]
          return { text, segments, language: 'en' }
        },
      }),
    })`,
  'plugins/length/contract.ts': `
    import { defineArtifact, defineContract, transcript, Type } from 'aftercall'
    export const length = defineArtifact('length', Type.Object({ characters: Type.Number() }))
    export const contract = defineContract({ stage: 'length', consumes: [transcript], produces: length })
    export default contract`,
  'plugins/length/count.ts': `
    import { defineDriver, Type } from 'aftercall'
    import { contract } from './contract.ts'
    export default defineDriver(contract, {
      description: 'counts',
      options: Type.Object({}, { additionalProperties: false }),
      create: () => ({
        async run({ transcript }: { transcript: { text: string } }) {
          return { characters: transcript.text.length }
        },
      }),
    })`,
  'pipeline.yaml': `
version: 1
plugins: [./plugins]
stages:
  - { stage: recording-store, use: filesystem }
  - { stage: stt, use: fixed, with: { text: "\${SAID}" } }
  - { stage: length, use: count }
`,
}

describe('the tarball of npm pack', () => {
  let folder = ''
  let project = ''
  let tarball = ''

  before(async function () {
    this.timeout(120_000)
    folder = await mkdtemp(join(tmpdir(), 'aftercall-tarball-'))
    tarball = await pack(join(folder, 'repository'))
    project = join(folder, 'project')
    await install()
    for (const [file, text] of Object.entries(PLUGINS)) {
      await mkdir(dirname(join(project, file)), { recursive: true })
      await writeFile(join(project, file), text)
    }
  })

  after(() => rm(folder, { recursive: true, force: true }))

  /** Packs a copy, because `prepack` changes package.json for a moment, and others may be reading it. */
  async function pack(repository: string): Promise<string> {
    await mkdir(repository)
    for (const name of REPOSITORY) {
      if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(repository, name), { recursive: true })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(repository, 'node_modules'))
    const before = await readFile(join(repository, 'package.json'), 'utf8')
    const { stdout } = await run('npm', ['pack', '--pack-destination', folder], { cwd: repository })
    expect(await readFile(join(repository, 'package.json'), 'utf8'), 'put back').to.equal(before)
    return join(folder, stdout.trim().split('\n').at(-1) ?? '')
  }

  /** As npm lays it out, with the dependencies of package.json and no others, linked from here to save the download. */
  async function install(): Promise<void> {
    const modules = join(project, 'node_modules')
    await mkdir(join(modules, 'aftercall'), { recursive: true })
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(modules, 'aftercall')])
    const { dependencies } = JSON.parse(await readFile(join(modules, 'aftercall', 'package.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      await mkdir(dirname(join(modules, name)), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    }
    await writeFile(join(project, 'package.json'), '{"type":"module","private":true}')
  }

  async function aftercall(...argv: string[]) {
    const bin = join(project, 'node_modules/aftercall/bin/aftercall.js')
    return run(process.execPath, [bin, ...argv], { cwd: project, env: { PATH: process.env['PATH'], SAID: 'hello' } })
  }

  it('holds what runs and what types it, and no sources or tests', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const files = stdout.trim().split('\n')
    expect(files).to.include.members([
      'package/package.json',
      'package/bin/aftercall.js',
      'package/dist/core/index.js',
      'package/dist/core/index.d.ts',
      'package/dist/core/testing/index.d.ts',
      'package/dist/pipeline.yaml',
      'package/dist/config/pipeline.schema.json',
      'package/dist/sandbox/sample/call.wav',
    ])
    expect(files.filter((file) => /(?<!\.d)\.ts$|\/test\/|\.env|\.kept$/.test(file))).to.deep.equal([])
  })

  it('validates a pipeline with an outside plugin folder, in JavaScript and TypeScript, without a warning', async () => {
    const { stdout, stderr } = await aftercall('validate')
    expect(stdout).to.include('valid, 3 stages')
    expect(stderr).to.equal('')
  })

  it('runs the drivers of that folder', async () => {
    await cp(join(ROOT, 'sandbox/sample/call.wav'), join(project, 'call.wav'))
    const { stdout } = await aftercall('process', '--json', 'call.wav')
    expect(JSON.parse(stdout))
      .to.have.property('artifacts')
      .that.deep.includes({ length: { characters: 5 } })
  })

  it('gives a plugin the classes of the running engine', async () => {
    const { stdout } = await run(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        "import { AftercallError, PermanentError } from 'aftercall'; import 'aftercall/testing'; import 'aftercall/audio'; console.log(new PermanentError('x') instanceof AftercallError)",
      ],
      { cwd: project },
    )
    expect(stdout).to.equal('true\n')
  })

  it('types a plugin from its declarations', async () => {
    await writeFile(
      join(project, 'typed.ts'),
      "import { defineDriver, stt, Type } from 'aftercall'\nexport default defineDriver(stt, { options: Type.Object({}), create: () => ({ async run() { return { wrong: true } } }) })\n",
    )
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--ignoreConfig']
    const { stdout } = await run('tsc', [...options, 'typed.ts'], { cwd: project }).catch((error) => error)
    expect(stdout)
      .to.match(/typed\.ts.*error TS2322.*wrong/s)
      .and.not.to.match(/TS2307|TS7016|implicitly/)
  })

  it('shows its demo', async () => {
    const { stdout } = await aftercall('demo')
    expect(stdout).to.include('call.completed')
  })
})
