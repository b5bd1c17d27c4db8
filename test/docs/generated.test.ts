import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { ERRORS } from '../../core/contracts/index.ts'
import { RULES } from '../../core/pipeline/rules.ts'
import { currentDocs } from '../../scripts/docs.ts'

const ROOT = join(import.meta.dirname, '../..')

describe('the generated parts of the docs', () => {
  it('are current; if not: npm run docs', async () => {
    for (const [file, text] of await currentDocs())
      expect(await readFile(join(ROOT, file), 'utf8'), file).to.equal(text)
  })
})

describe('docs/errors.md', () => {
  it('lists every rule and every error code, and no others', async () => {
    const text = await readFile(join(ROOT, 'docs/errors.md'), 'utf8')
    const listed = [...text.matchAll(/^\| `([a-z-]+)`/gm)].map(([, id]) => id)
    expect(listed).to.deep.equal([...Object.keys(RULES), ...Object.keys(ERRORS)])
  })
})
