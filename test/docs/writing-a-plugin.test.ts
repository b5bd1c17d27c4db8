import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { aftercall } from '../support/command-line.ts'
import { freshFolder } from '../support/folder.ts'
import { type Block, blocksOf } from './blocks.ts'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)

describe('docs/writing-a-plugin.md', () => {
  const folder = freshFolder()
  let blocks: readonly Block[]

  beforeEach(async () => {
    blocks = await blocksOf('writing-a-plugin.md')
    for (const { file, text } of blocks) {
      if (file === undefined) continue
      await mkdir(dirname(join(folder.path, file)), { recursive: true })
      await writeFile(join(folder.path, file), text)
    }
  })

  it('names the file of every block but the commands', () => {
    expect(blocks.map(({ language, file }) => file ?? language)).to.deep.equal([
      'my-plugins/stt/program.ts',
      'my-plugins/mood/contract.ts',
      'my-plugins/mood/words.ts',
      'my-plugins/package.json',
      'pipeline.yaml',
      'console',
      'my-plugins/mood/words.test.ts',
    ])
  })

  it('shows commands with what they print', async () => {
    const commands = blocks
      .filter(({ language }) => language === 'console')
      .flatMap(({ text }) => text.split(/^\$ npx aftercall /m).slice(1))
    expect(commands).to.have.length(2)
    for (const command of commands) {
      const [line = '', ...printed] = command.split('\n')
      const { exit, stdout } = await aftercall(line.split(' '), { cwd: folder.path })
      expect({ exit, stdout }).to.deep.equal({ exit: 0, stdout: printed.join('\n') })
    }
  })

  it('has plugins that compile, and a test of them that passes, where aftercall is installed', async function () {
    this.timeout(120_000)
    await mkdir(join(folder.path, 'node_modules/.bin'), { recursive: true })
    await symlink(ROOT, join(folder.path, 'node_modules/aftercall'))
    await symlink(join(ROOT, 'node_modules/@types'), join(folder.path, 'node_modules/@types'))
    const config = { extends: join(ROOT, 'tsconfig.json'), include: ['my-plugins'], exclude: [] }
    await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify(config))
    const bin = join(ROOT, 'node_modules/.bin')
    const compiled = await run(join(bin, 'tsc'), ['-p', folder.path], { cwd: folder.path }).catch((error) => error)
    expect(compiled.stdout).to.equal('')
    const tested = await run(process.execPath, [join(bin, 'mocha'), 'my-plugins/**/*.test.ts'], {
      cwd: folder.path,
    }).catch((error) => error)
    expect(tested.stdout, tested.stderr).to.include('2 passing')
  })

  it('runs on a recording', async function () {
    this.timeout(120_000)
    // Stands in for pocketsphinx: hears the same on every track.
    const hear = join(folder.path, 'hear')
    await writeFile(hear, '#!/bin/sh\n[ -s "$1" ] && echo "the boiler is broken and there is a leak, thanks"\n', {
      mode: 0o755,
    })
    const pipeline = blocks.find(({ file }) => file === 'pipeline.yaml')?.text ?? ''
    const own = pipeline.replace(/with: \{ program: .* \}/, 'with: { program: ./hear }').replace('./hear', hear)
    await writeFile(join(folder.path, 'pipeline.yaml'), own)
    const sample = join(ROOT, 'sandbox/sample/call.wav')
    const { exit, stdout, stderr } = await aftercall(['process', sample, '--json'], { cwd: folder.path })
    expect(exit, stderr).to.equal(0)
    expect(stdout).to.include('the boiler is broken').and.to.include('"mood"')
  })
})
