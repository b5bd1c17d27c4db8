import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'

const ROOT = join(import.meta.dirname, '../../..')

describe('aftercall schema', () => {
  const folder = freshFolder()

  it('prints what config/pipeline.schema.json holds; if not: npm run schema', async () => {
    const { exit, stdout } = await aftercall(['schema'], { cwd: folder.path })
    expect(exit).to.equal(0)
    expect(stdout).to.equal(await readFile(join(ROOT, 'config/pipeline.schema.json'), 'utf8'))
  })

  it('holds the drivers of plugins, also of a pipeline that has faults', async () => {
    await mkdir(join(folder.path, 'more/stt'), { recursive: true })
    await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }')
    await writeFile(
      join(folder.path, 'more/stt/mine.ts'),
      `import { defineDriver, stt, Type } from 'aftercall'
       export default defineDriver(stt, {
         options: Type.Object({ accent: Type.String() }, { additionalProperties: false }),
         create: () => ({ run: async () => ({ text: 'a', language: null, segments: [] }) }),
       })`,
    )
    await writeFile(join(folder.path, 'pipeline.yaml'), 'version: 7\nplugins: [./more, ./nowhere]\n')
    const { stdout, stderr } = await aftercall(['schema'], { cwd: folder.path })
    expect(JSON.parse(stdout)['$defs']['stt.mine']).to.deep.include({ required: ['accent'] })
    expect(stderr).to.match(/^warning: there is no folder .*nowhere\n$/)
  })
})
