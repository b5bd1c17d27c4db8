import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'

const ROOT = join(import.meta.dirname, '../../..')
const WRONG = `version: 1
stages:
  - stage: recording-store
    use: filesystem
  - stage: stt
    use: openai
    with:
      langauge: he
`

describe('aftercall validate', () => {
  const folder = freshFolder()
  const pipeline = (text: string, name = 'pipeline.yaml') => writeFile(join(folder.path, name), text)
  const run = (...argv: readonly string[]) => aftercall(['validate', ...argv], { cwd: folder.path })

  it('finds no fault in the shipped pipeline, with an empty environment', async () => {
    await copyFile(join(ROOT, 'pipeline.yaml'), join(folder.path, 'pipeline.yaml'))
    expect(await run()).to.deep.equal({ exit: 0, stdout: 'pipeline.yaml: valid, 6 stages\n', stderr: '' })
  })

  it('prints every fault with its place and ends with 2', async () => {
    await pipeline(WRONG)
    const { exit, stdout, stderr } = await run()
    expect(exit).to.equal(2)
    expect(stderr).to.equal('')
    expect(stdout).to.match(/^pipeline\.yaml:8:7 {2}error {2}unknown-option {2}stages\[1\]\.with\.langauge\n/)
    expect(stdout)
      .to.include('did you mean "language"?')
      .and.to.match(/\npipeline\.yaml: 1 error\n$/)
  })

  it('prints the same faults as JSON', async () => {
    await pipeline(WRONG, 'other.yaml')
    const { exit, stdout } = await run('other.yaml', '--format', 'json')
    expect(exit).to.equal(2)
    expect(JSON.parse(stdout)).to.deep.equal([
      {
        file: 'other.yaml',
        line: 8,
        column: 7,
        endColumn: 15,
        severity: 'error',
        rule: 'unknown-option',
        path: 'stages[1].with.langauge',
        message: 'stt/openai has no option "langauge"; did you mean "language"?',
        remedy: 'Correct the spelling, or remove it. `aftercall plugins STAGE/DRIVER` lists the options.',
        suggestion: 'language',
      },
    ])
  })

  it('prints an empty list as JSON where there is no fault', async () => {
    await pipeline(WRONG.replace('langauge', 'language'))
    expect(await run('--json')).to.deep.equal({ exit: 0, stdout: '[]\n', stderr: '' })
  })

  it('ends with 0 when there are warnings alone, and shows them', async () => {
    await pipeline(`${WRONG.replace('langauge', 'language')}  - { stage: webhook, use: http, optional: true }\n`)
    const { exit, stdout } = await run()
    expect(exit).to.equal(0)
    expect(stdout).to.include('warning  optional-final').and.to.include('valid, 3 stages, 1 warning')
  })

  it('expands variables of .env, and shows none of their values', async () => {
    await writeFile(join(folder.path, '.env'), 'SLICE=hunter2\n')
    await pipeline(WRONG.replace('langauge: he', 'maxSliceSec: "${SLICE}"'))
    const { exit, stdout } = await run()
    expect(exit).to.equal(2)
    expect(stdout).to.include('invalid-option').and.to.include('${SLICE}').and.not.to.include('hunter2')
  })

  it('says what to do where there is no file', async () => {
    const { exit, stderr } = await run('nowhere.yaml')
    expect(exit).to.equal(2)
    expect(stderr).to.include('nowhere.yaml').and.to.include('aftercall init')
  })

  it('refuses a format that there is not', async () => {
    expect((await run('--format', 'xml')).exit).to.equal(2)
  })
})
