import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { type FoundDriver, PermanentError, stt } from '../../../core/contracts/index.ts'
import { openCatalogue } from '../../../core/plugins/catalogue.ts'

const DRIVER = `
import { defineDriver, stt, Type } from 'aftercall'
export default defineDriver(stt, {
  description: 'says ok',
  options: Type.Object({ word: Type.String({ default: 'ok' }) }, { additionalProperties: false }),
  create: ({ word }) => ({ run: async () => ({ text: word, language: null, segments: [] }) }),
})
`

describe('openCatalogue', () => {
  let root: string

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'aftercall-plugins-')))
    await write('package.json', '{ "type": "module" }')
  })
  afterEach(() => rm(root, { recursive: true }))

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }

  const open = (folders: readonly string[], packages: readonly string[] = []) =>
    openCatalogue({ folders: folders.map((folder) => join(root, folder)), packages, from: root })

  async function found(catalogue: Awaited<ReturnType<typeof open>>, stage: string, use: string): Promise<FoundDriver> {
    const driver = await catalogue.find(stage, use)
    if ('kind' in driver) throw new Error(JSON.stringify(driver))
    return driver
  }

  const names = async (catalogue: Awaited<ReturnType<typeof open>>) =>
    (await catalogue.names()).map(({ stage, use }) => `${stage}/${use}`)

  it('finds drivers by their paths, and imports none to list them', async () => {
    await write('a/stt/one.ts', 'throw new Error("imported")')
    await write('a/stt/two.js', 'throw new Error("imported")')
    await write('a/extract/three.ts', 'throw new Error("imported")')
    expect(await names(await open(['a']))).to.deep.equal(['extract/three', 'stt/one', 'stt/two'])
  })

  it('takes no notice of what is no driver', async () => {
    for (const file of [
      '_shared.ts',
      'contract.ts',
      'types.d.ts',
      'Upper.ts',
      'a.test.ts',
      'readme.md',
      'two words.ts',
    ]) {
      await write(`a/stt/${file}`, '')
    }
    for (const file of ['_openai/sdk.ts', '.git/hook.js', 'Stt/one.ts', 'loose.ts']) await write(`a/${file}`, '')
    const catalogue = await open(['a'])
    expect(await names(catalogue)).to.deep.equal([])
    expect(await catalogue.find('stt', 'one')).to.deep.equal({ kind: 'unknown-driver', drivers: [] })
    expect(await catalogue.find('_openai', 'sdk')).to.deep.equal({ kind: 'unknown-stage', stages: ['stt'] })
  })

  it('lets nothing climb out of a folder', async () => {
    await write('secret.ts', DRIVER)
    await write('a/stt/one.ts', DRIVER)
    const catalogue = await open(['a'])
    expect(await catalogue.find('..', 'secret')).to.have.property('kind', 'unknown-stage')
    expect(await catalogue.find('stt', '../../secret')).to.have.property('kind', 'unknown-driver')
    expect(await catalogue.find('__proto__', 'constructor')).to.have.property('kind', 'unknown-stage')
  })

  it('gives drivers outside of the package the running engine', async () => {
    await write('a/stt/one.ts', `${DRIVER}\nexport { PermanentError, stt } from 'aftercall'`)
    const driver = await found(await open(['a']), 'stt', 'one')
    expect(driver.definition.contract).to.equal(stt)
    expect(driver).to.include({ stage: 'stt', use: 'one', file: join(root, 'a/stt/one.ts') })
    const module: unknown = await import(driver.file)
    expect(module).to.include({ PermanentError, stt })
  })

  it('gives them aftercall/audio and aftercall/testing too, also to .js', async () => {
    await write(
      'a/stt/one.js',
      `import * as audio from 'aftercall/audio'\nimport * as testing from 'aftercall/testing'\nexport { audio, testing }\n${DRIVER}`,
    )
    expect((await found(await open(['a']), 'stt', 'one')).definition.description).to.equal('says ok')
  })

  it('imports a file once', async () => {
    await write('a/stt/one.ts', DRIVER)
    const catalogue = await open(['a'])
    const [one, two] = await Promise.all([found(catalogue, 'stt', 'one'), found(catalogue, 'stt', 'one')])
    expect(one.definition).to.equal(two.definition)
  })

  describe('a broken driver', () => {
    for (const [what, text, reason] of [
      ['does not parse', 'export default {', /cannot be imported: /],
      ['throws when it is imported', 'throw "no"', /cannot be imported: no/],
      ['imports what is not there', 'import "no-such-package"', /cannot be imported: .*no-such-package/],
      ['exports nothing', 'export const x = 1', /no default export/],
      ['exports something else', 'export default 5', /not made by defineDriver/],
      [
        'exports a driver without a contract',
        'export default { kind: "driver" }',
        /contract is not made by defineContract/,
      ],
      [
        'exports a driver of another stage',
        DRIVER.replaceAll('stt', 'summarize'),
        /lies in the folder "stt", but its contract is that of "summarize"/,
      ],
      [
        'has options that are open',
        DRIVER.replace(', { additionalProperties: false }', ''),
        /lacks \{ additionalProperties: false \}/,
      ],
      [
        'has options that are no object',
        DRIVER.replace(/Type\.Object\(.*\),\n/, 'Type.String(),\n')
          .replace('{ word }', '_')
          .replace('text: word', 'text: "a"'),
        /not an object schema/,
      ],
      [
        'has no create',
        `${DRIVER.replace('export default', 'const whole =')}\nexport default { ...whole, create: undefined }`,
        /no create/,
      ],
    ] as const) {
      it(`that ${what} is a fault with its reason`, async () => {
        await write('a/stt/one.ts', text)
        const fault = await (await open(['a'])).find('stt', 'one')
        expect(fault).to.include({ kind: 'broken-driver', file: join(root, 'a/stt/one.ts') })
        expect(fault).to.have.property('message').that.matches(reason)
      })
    }
  })

  describe('a driver that Node takes for CommonJS', () => {
    for (const file of ['one.ts', 'one.js']) {
      it(`is a fault that says what makes ${file} an ES module`, async () => {
        // What `npm init` writes, since npm 11.
        await write('package.json', '{ "type": "commonjs" }')
        await write(`a/stt/${file}`, DRIVER)
        const fault = await (await open(['a'])).find('stt', 'one')
        expect(fault)
          .to.have.property('message')
          .that.includes('put { "type": "module" } into a package.json in the plugin folder')
      })
    }
  })

  describe('plugins', () => {
    it('add drivers and stages', async () => {
      await write('a/stt/one.ts', DRIVER)
      await write('more/stt/two.ts', DRIVER)
      await write('more/feel/contract.ts', '')
      await write('more/feel/words.ts', '')
      const catalogue = await open(['a'], ['./more'])
      expect(catalogue.faults).to.deep.equal([])
      expect(await names(catalogue)).to.deep.equal(['feel/words', 'stt/one', 'stt/two'])
    })

    it('replace nothing: a driver that is there already is a fault, and the first one stays', async () => {
      await write('a/stt/one.ts', DRIVER)
      await write('more/stt/one.ts', DRIVER)
      const catalogue = await open(['a'], ['./more'])
      expect(catalogue.faults).to.deep.equal([
        {
          kind: 'plugin-conflict',
          plugin: './more',
          message: `stt/one exists twice: ${join(root, 'a/stt/one.ts')} and ${join(root, 'more/stt/one.ts')}`,
        },
      ])
      expect((await found(catalogue, 'stt', 'one')).file).to.equal(join(root, 'a/stt/one.ts'))
    })

    it('named twice are one', async () => {
      await write('more/stt/one.ts', DRIVER)
      expect((await open([], ['./more', './more', './more/'])).faults).to.deep.equal([])
    })

    it('that are npm packages lie in their folder plugins/, else in the package itself', async () => {
      await write('node_modules/one/plugins/stt/a.js', DRIVER)
      await write('node_modules/one/src/stt.js', '')
      await write('node_modules/one/package.json', '{ "type": "module", "exports": {} }')
      await write('node_modules/@scope/two/stt/b.js', DRIVER)
      await write('node_modules/@scope/two/package.json', '{ "type": "module" }')
      const catalogue = await open([], ['one', '@scope/two'])
      expect(await names(catalogue)).to.deep.equal(['stt/a', 'stt/b'])
      expect((await found(catalogue, 'stt', 'b')).definition.contract).to.equal(stt)
    })

    it('that ship a driver as .ts and .js are run as Node can: .js below node_modules, else .ts', async () => {
      for (const folder of ['node_modules/one', 'more']) {
        await write(`${folder}/stt/a.js`, DRIVER)
        await write(`${folder}/stt/a.ts`, DRIVER)
      }
      expect((await (await open([], ['one'])).names())[0]?.file).to.match(/a\.js$/)
      expect((await (await open([], ['./more'])).names())[0]?.file).to.match(/a\.ts$/)
    })

    for (const [plugin, message] of [
      ['./nowhere', /there is no folder .*nowhere/],
      ['not-installed', /no npm package "not-installed"/],
      ['https://example.com/x', /neither the name of an npm package nor a folder/],
      ['folder', /if the folder is meant, write \.\/folder/],
    ] as const) {
      it(`that cannot be found are a fault: ${plugin}`, async () => {
        await write('folder/stt/one.ts', DRIVER)
        const [fault] = (await open([], [plugin])).faults
        expect(fault).to.include({ kind: 'plugin-not-found', plugin })
        expect(fault?.message).to.match(message)
      })
    }
  })
})
