import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse as parseDotenv } from 'dotenv'
import fc from 'fast-check'
import { parse as parseYaml } from 'yaml'
import { readConfiguration } from '../../../config/environment.ts'
import { environmentFile } from '../../../core/cli/init/environment-file.ts'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'

describe('aftercall init', () => {
  const folder = freshFolder()

  const init = (...flags: string[]) => aftercall(['init', ...flags], { cwd: folder.path })
  const written = (name: string) => readFile(join(folder.path, name), 'utf8')

  it('writes a pipeline that validates and a .env that is read, from nothing', async () => {
    expect(await init('--yes')).to.include({ exit: 0, stdout: '' })
    expect((await aftercall(['validate'], { cwd: folder.path })).exit).to.equal(0)
    expect(readConfiguration({ cwd: folder.path, variables: {} }).port).to.equal(3000)
  })

  it('keeps .env to its owner, also where it overwrites an open one', async () => {
    await writeFile(join(folder.path, '.env'), 'PORT=1', { mode: 0o644 })
    await init('--yes', '--force')
    expect((await stat(join(folder.path, '.env'))).mode & 0o777).to.equal(0o600)
    expect((await readdir(folder.path)).sort()).to.deep.equal(['.env', 'pipeline.yaml'])
  })

  it('writes what the flags say, and makes up a secret for the webhook', async () => {
    const { exit } = await init(
      ...['--yes', '--openai-api-key', 'sk-1#2', '--public-url', 'https://calls.example.com'],
      ...['--webhook-url', 'https://example.com/hook?a=1#b', '--twilio-auth-token', 'old,new'],
    )
    expect(exit).to.equal(0)
    const { environment, publicUrl, twilio } = readConfiguration({ cwd: folder.path, variables: {} })
    expect(environment).to.include({ OPENAI_API_KEY: 'sk-1#2', WEBHOOK_URL: 'https://example.com/hook?a=1#b' })
    expect(publicUrl).to.equal('https://calls.example.com')
    expect(twilio.authTokens).to.deep.equal(['old', 'new'])
    const secret = environment['WEBHOOK_SECRET'] ?? ''
    expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).to.have.length(32)
    await init('--yes', '--force', '--webhook-url', 'https://example.com/hook')
    expect(await written('.env')).not.to.include(secret)
  })

  it('makes up no secret where there is no webhook, and keeps one that is given', async () => {
    await init('--yes')
    expect(await written('.env')).to.include('\n# WEBHOOK_SECRET=\n')
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
    await init('--yes', '--force', '--webhook-url', 'https://example.com', '--webhook-secret', secret)
    expect(await written('.env')).to.include(`\nWEBHOOK_SECRET=${secret}\n`)
  })

  it('puts the owner’s cities and services into the pipeline, whatever letters they have, and keeps its comments', async () => {
    await init('--yes', '--cities', 'ראשל״צ, תל אביב', '--services', 'plumber: [x], "y"')
    const { stages } = parseYaml(await written('pipeline.yaml'))
    const { fields } = stages.find(({ stage }: { stage: string }) => stage === 'extract').with
    expect(fields.city.vocabulary).to.deep.equal(['ראשל״צ', 'תל אביב'])
    expect(fields.service.vocabulary).to.deep.equal(['plumber: [x]', '"y"'])
    expect(await written('pipeline.yaml')).to.include('# ')
    expect((await aftercall(['validate'], { cwd: folder.path })).exit).to.equal(0)
  })

  it('keeps what is there, and fails where that is everything', async () => {
    await writeFile(join(folder.path, 'pipeline.yaml'), 'mine')
    const first = await init('--yes')
    expect(first.exit).to.equal(0)
    expect(first.stderr).to.include('kept pipeline.yaml').and.include('wrote .env')
    const second = await init('--yes')
    expect(second.exit).to.equal(1)
    expect(second.stderr).to.include('there was nothing to write').and.include('--force')
    expect(await written('pipeline.yaml')).to.equal('mine')
  })

  it('names every malformed flag, repeats no value, and writes nothing', async () => {
    const { exit, stderr } = await init('--yes', '--public-url', 'hunter2', '--twilio-account-sid', 'hunter2')
    expect(exit).to.equal(2)
    expect(stderr).to.include('--public-url must').and.include('--twilio-account-sid must').and.not.include('hunter2')
    expect(await readdir(folder.path)).to.deep.equal([])
  })

  it('does not wait for answers where there is no terminal', async () => {
    const { exit, stderr } = await init()
    expect(exit).to.equal(2)
    expect(stderr).to.include('--yes')
  })

  it('writes any key so that it is read back as it was', () => {
    const visible = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    })
    fc.assert(
      fc.property(visible, (openaiApiKey) => {
        fc.pre(!(openaiApiKey.includes("'") && openaiApiKey.includes('`')))
        expect(parseDotenv(environmentFile({ openaiApiKey }))['OPENAI_API_KEY']).to.equal(openaiApiKey)
      }),
    )
  })
})
