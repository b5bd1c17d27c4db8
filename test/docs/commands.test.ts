import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { COMMANDS } from '../../core/cli/commands.ts'
import { aftercall } from '../support/command-line.ts'
import { blocksOf } from './blocks.ts'

const PAGE = join(import.meta.dirname, '../../docs/commands.md')

describe('docs/commands.md', () => {
  it('has a section for every command and for no other, with its help and its exit codes', async () => {
    const [, ...sections] = (await readFile(PAGE, 'utf8')).split(/^## /m)
    expect(sections.map((section) => section.split('\n', 1)[0])).to.have.members(COMMANDS.map(({ name }) => name))
    for (const { name } of COMMANDS) {
      const section = sections.find((text) => text.startsWith(`${name}\n`))
      // Whether it is current is asserted together with all other generated parts.
      expect(section, name)
        .to.include(`<!-- generated: help ${name} -->`)
        .and.match(/^Exit codes: /m)
    }
  })

  it('gives an example of every command, with options that the command has', async () => {
    const lines = (await blocksOf('commands.md'))
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.trim().split('\n'))
    const shown = new Set<string>()
    for (const line of lines) {
      const [, name = '', rest = ''] = /^npx aftercall ([a-z]+)(.*)$/.exec(line) ?? []
      expect(
        COMMANDS.map((command) => command.name),
        line,
      ).to.include(name)
      const { stdout } = await aftercall([name, '--help'], { cwd: import.meta.dirname })
      for (const [option] of rest.matchAll(/(?<= )--[a-z-]+/g)) expect(stdout, line).to.include(option)
      shown.add(name)
    }
    expect([...shown]).to.have.members(COMMANDS.map(({ name }) => name))
  })
})
