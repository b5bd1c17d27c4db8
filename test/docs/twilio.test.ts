import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { silentLogger } from '../../core/contracts/index.ts'
import { openStore } from '../../core/store/store.ts'
import { aftercall } from '../support/command-line.ts'
import { freshFolder } from '../support/folder.ts'
import { MIGRATIONS } from '../support/stores.ts'
import { blocksOf } from './blocks.ts'

const BIN = join(import.meta.dirname, '../../bin/aftercall.js')
const run = promisify(execFile)

describe('docs/twilio.md', () => {
  const folder = freshFolder()

  it('shows only pipelines without faults', async () => {
    const pipelines = (await blocksOf('twilio.md')).filter(({ language }) => language === 'yaml')
    expect(pipelines).to.have.length(1)
    for (const { text } of pipelines) {
      await writeFile(join(folder.path, 'pipeline.yaml'), text)
      const { exit, stdout } = await aftercall(['validate', '--format', 'json'], { cwd: folder.path })
      expect({ exit, faults: JSON.parse(stdout) }).to.deep.equal({ exit: 0, faults: [] })
    }
  })
})

describe('docs/businesses.md', () => {
  const folder = freshFolder()

  it('shows commands that work', async function () {
    this.timeout(60_000)
    const file = join(folder.path, 'data', 'aftercall.db')
    const store = openStore({ address: { kind: 'sqlite', file }, migrations: MIGRATIONS })
    await store.migrate(silentLogger)
    await store.close()
    const [block] = await blocksOf('businesses.md')
    const commands = block?.text.replaceAll('npx aftercall', `'${process.execPath}' '${BIN}'`) ?? 'exit 1'
    const { stdout } = await run('sh', ['-e', '-c', commands], { cwd: folder.path })
    expect(stdout).to.include('Added Haifa Plumbing: +97248000000, +97248000001\nwhsec_')
    expect(stdout).to.match(/^Haifa Plumbing +\+97248000000 \+97248000001 +he-IL +0 +\+972501234567 /m)
  })
})
