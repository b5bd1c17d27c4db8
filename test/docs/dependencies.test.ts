import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const ROOT = join(import.meta.dirname, '../..')

describe('docs/dependencies.md', () => {
  const page = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
  const { dependencies, devDependencies, allowScripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const [, running = '', developing = '', scripts = ''] = page.split('\n## ')

  /** The names in the first column of a table. */
  const listed = (section: string) =>
    section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name))

  it('says of every dependency why it is there, and lists no other', () => {
    expect(listed(running)).to.deep.equal(Object.keys(dependencies).sort())
    expect(listed(developing)).to.deep.equal(Object.keys(devDependencies).sort())
  })

  it('explains every answer about install scripts', () => {
    for (const [name, allowed] of Object.entries(allowScripts)) expect(scripts).to.include(`\`${name}: ${allowed}\``)
  })
})
