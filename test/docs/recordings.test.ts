import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { aftercall } from '../support/command-line.ts'
import { freshFolder } from '../support/folder.ts'
import { blocksOf } from './blocks.ts'

describe('docs/recordings.md', () => {
  const folder = freshFolder()

  it('shows only pipelines without faults', async () => {
    const pipelines = (await blocksOf('recordings.md')).filter(({ language }) => language === 'yaml')
    expect(pipelines).to.have.length(2)
    for (const { text } of pipelines) {
      await writeFile(join(folder.path, 'pipeline.yaml'), text)
      const { exit, stdout } = await aftercall(['validate'], { cwd: folder.path })
      expect(exit, stdout).to.equal(0)
    }
  })
})
