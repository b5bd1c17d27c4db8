import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'

const ROOT = join(import.meta.dirname, '../../..')

describe('aftercall graph', () => {
  const folder = freshFolder()
  const shipped = (...argv: readonly string[]) =>
    aftercall(['graph', join(ROOT, 'pipeline.yaml'), ...argv], { cwd: folder.path })

  it('shows the shipped pipeline with summarize and extract side by side', async () => {
    const { exit, stdout } = await shipped()
    expect(exit).to.equal(0)
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2).join(' '))).to.deep.equal([
      '1 recording-store',
      '2 transcode',
      '3 stt',
      '4 summarize',
      ' extract',
      '5 webhook',
      '',
    ])
  })

  it('prints Mermaid and JSON', async () => {
    expect((await shipped('--format', 'mermaid')).stdout).to.match(/^flowchart TD\n/)
    expect(JSON.parse((await shipped('--json')).stdout)).to.have.length(6)
  })

  it('names the faults of a pipeline that has no graph, and ends with 2', async () => {
    await writeFile(join(folder.path, 'pipeline.yaml'), 'version: 1\nstages: [{ stage: sst, use: openai }]\n')
    const { exit, stdout, stderr } = await aftercall(['graph'], { cwd: folder.path })
    expect([exit, stdout]).to.deep.equal([2, ''])
    expect(stderr).to.include('pipeline.yaml:2:19  error  unknown-stage')
  })
})
