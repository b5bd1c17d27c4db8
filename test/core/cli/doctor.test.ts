import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import type { Finding } from '../../../core/cli/doctor/finding.ts'
import { checkModels } from '../../../core/cli/doctor/models.ts'
import { startOpenAiSandbox } from '../../../sandbox/openai/index.ts'
import { startTwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { aftercall } from '../../support/command-line.ts'
import { type Door, openDoor, TOKEN } from '../../support/door.ts'
import { freshFolder } from '../../support/folder.ts'

describe('aftercall doctor', () => {
  const folder = freshFolder()
  let nobody = ''

  before(async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    nobody = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    await promisify(server.close.bind(server))()
  })

  beforeEach(() => pipeline('{ stage: recording-store, use: filesystem }', '{ stage: transcode, use: passthrough }'))

  const pipeline = (...stages: readonly string[]) =>
    writeFile(
      join(folder.path, 'pipeline.yaml'),
      `version: 1\nstages:\n${stages.map((stage) => `  - ${stage}\n`).join('')}`,
    )

  async function doctor(env: Record<string, string> = {}) {
    const ran = await aftercall(['doctor', '--json'], { cwd: folder.path, env })
    const findings: readonly Finding[] = JSON.parse(ran.stdout)
    return { ...ran, of: (name: string) => findings.find((finding) => finding.name === name), findings }
  }

  it('ends with 0 where nothing fails, and makes no database', async () => {
    const { exit, findings } = await doctor()
    expect(findings.filter(({ status }) => status === 'fail')).to.deep.equal([])
    expect(exit).to.equal(0)
    expect(existsSync(join(folder.path, 'data', 'aftercall.db'))).to.equal(false)
  })

  it('gives a remedy with every warning and failure', async () => {
    const { findings } = await doctor({ TWILIO_API_URL: nobody, REDIS_URL: 'redis://127.0.0.1', PUBLIC_URL: nobody })
    const unhappy = findings.filter(({ status }) => status !== 'ok')
    expect(unhappy).to.have.length.greaterThan(2)
    for (const finding of unhappy) expect(finding.remedy, finding.name).to.be.a('string').and.not.equal('')
  })

  it('says what the proxy does with the path of PUBLIC_URL', async () => {
    const remedy = async (url: string) => (await doctor({ PUBLIC_URL: url })).of('public URL')?.remedy
    expect(await remedy(nobody)).to.include('path unchanged')
    expect(await remedy(`${nobody}/calls`))
      .to.include('the proxy takes')
      .and.include('without /calls,')
  })

  it('prints lines for people without --json', async () => {
    const { stdout } = await aftercall(['doctor'], { cwd: folder.path })
    expect(stdout).to.match(/^ok {4}pipeline +\S+pipeline\.yaml: 2 stages$/m)
    expect(stdout).to.match(/^ +→ Set PUBLIC_URL/m)
  })

  it('ends with 2 and names every fault of the settings, when those are malformed', async () => {
    const { exit, of } = await doctor({ PORT: 'x', LOG_LEVEL: 'y' })
    expect(exit).to.equal(2)
    expect(of('environment')).to.include({ status: 'fail' })
    expect(of('environment')?.message).to.include('PORT').and.include('LOG_LEVEL')
  })

  it('ends with 2 where there is no pipeline, or one that cannot be used', async () => {
    expect(await doctor({ PIPELINE: 'other.yaml' })).to.include({ exit: 2 })
    await pipeline('{ stage: stt, use: openia }')
    const { exit, of } = await doctor()
    expect({ exit, status: of('pipeline')?.status }).to.deep.equal({ exit: 2, status: 'fail' })
  })

  it('asks each driver; a fallback that works makes a warning of a failure', async () => {
    const broken = 'use: ffmpeg'
    await pipeline(`{ stage: recording-store, use: filesystem }`, `{ stage: transcode, ${broken} }`)
    const env = { FFMPEG_PATH: join(folder.path, 'no-ffmpeg') }
    const alone = await doctor(env)
    expect(alone.of('stage transcode')).to.include({ status: 'fail' })
    expect(alone.exit).to.equal(1)
    await pipeline(
      `{ stage: recording-store, use: filesystem }`,
      `{ stage: transcode, ${broken}, fallback: [{ use: passthrough }] }`,
    )
    const { exit, of } = await doctor(env)
    expect(exit).to.equal(0)
    expect(of('stage transcode')).to.include({ status: 'warn' })
    expect(of('stage transcode')?.message).to.include('transcode/passthrough takes over')
  })

  it('tells which migrations are still to run', async () => {
    await mkdir(join(folder.path, 'data'))
    await writeFile(join(folder.path, 'data', 'aftercall.db'), '')
    const { of } = await doctor()
    expect(of('database')).to.include({ status: 'ok' })
    expect(of('migrations')).to.include({ status: 'warn' })
    expect(of('migrations')?.message).to.match(/^\d+ to run: 001_/)
  })

  it('says when the database does not answer, without its password', async () => {
    const { exit, of, stdout } = await doctor({ DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/calls' })
    expect(exit).to.equal(1)
    expect(of('database')).to.include({ status: 'fail' })
    expect(stdout).not.to.include('hunter2')
  })

  it('fails where DATA_DIR is no folder', async () => {
    const { of } = await doctor({ DATA_DIR: 'pipeline.yaml', DATABASE_URL: 'sqlite::memory:' })
    expect(of('disk')).to.include({ status: 'fail' })
  })

  it('asks Twilio whether account and tokens are right', async () => {
    const twilio = await startTwilioSandbox()
    try {
      const env = { TWILIO_API_URL: twilio.url, TWILIO_ACCOUNT_SID: twilio.accountSid }
      const right = await doctor({ ...env, TWILIO_AUTH_TOKEN: twilio.authToken })
      expect(right.of('twilio')).to.include({ status: 'ok' })
      const rotating = await doctor({ ...env, TWILIO_AUTH_TOKEN: `${twilio.authToken},hunter2` })
      expect(rotating.of('twilio token 1')).to.include({ status: 'ok' })
      expect(rotating.of('twilio token 2')).to.include({ status: 'fail' })
      expect(rotating.stdout).not.to.include('hunter2')
      expect((await doctor(env)).of('twilio')?.message).to.equal('TWILIO_AUTH_TOKEN is not set')
    } finally {
      await twilio.close()
    }
  })

  it('says that Twilio does not answer', async () => {
    const { of } = await doctor({
      TWILIO_API_URL: nobody,
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'x',
    })
    expect(of('twilio')?.message).to.match(new RegExp(`^${nobody} does not answer: .*ECONNREFUSED`))
  })

  it('sees that an auth token is none by its form', async () => {
    const { of, stdout } = await doctor({
      TWILIO_API_URL: nobody,
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'hunter2',
    })
    expect(of('twilio form')).to.include({ status: 'warn' })
    expect(stdout).not.to.include('hunter2')
  })

  describe('with a server', () => {
    let door: Door

    beforeEach(async () => {
      door = await openDoor({ file: join(folder.path, 'door.db'), publicUrl: null })
      await door.close()
    })

    /** A server that listens where its PUBLIC_URL says. */
    async function serve(tokens: readonly string[]) {
      const port = door.port
      door = await openDoor({
        file: join(folder.path, 'door.db'),
        port,
        publicUrl: `http://127.0.0.1:${port}`,
        authTokens: tokens,
      })
      return { PUBLIC_URL: `http://127.0.0.1:${port}`, TWILIO_AUTH_TOKEN: TOKEN }
    }
    afterEach(() => door.close())

    it('posts what Twilio signs, and leaves no call', async () => {
      const { of } = await doctor(await serve([TOKEN]))
      expect(of('signature')).to.include({ status: 'ok' })
      expect((await door.store.listCalls({ limit: 1 })).calls).to.deep.equal([])
    })

    it('fails where the server has another token', async () => {
      const { of, exit, stdout } = await doctor(await serve(['another']))
      expect(of('signature')).to.include({ status: 'fail' })
      expect(exit).to.equal(1)
      expect(stdout).not.to.include(TOKEN)
    })
  })

  it('fails where PUBLIC_URL leads to something else', async () => {
    const other = createHttpServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    try {
      const port = typeof address === 'object' ? address?.port : 0
      const { of } = await doctor({ PUBLIC_URL: `http://127.0.0.1:${port}`, TWILIO_AUTH_TOKEN: TOKEN })
      expect(of('signature')?.message).to.include('answers HTTP 200, which Aftercall does not')
    } finally {
      other.close()
    }
  })

  it('asks for the models of the pipeline, fallbacks included, and when they end', async () => {
    const openai = await startOpenAiSandbox({ apiKey: 'sk-right' })
    try {
      await pipeline(
        '{ stage: recording-store, use: filesystem }',
        '{ stage: stt, use: openai, with: { model: gpt-transcribe }, fallback: [{ use: openai, with: { model: no-such } }] }',
      )
      const env = { OPENAI_BASE_URL: openai.url, OPENAI_API_KEY: 'sk-right' }
      const { of, exit } = await doctor(env)
      expect(of('model gpt-transcribe')).to.include({ status: 'ok' })
      expect(of('model no-such')).to.include({ status: 'warn' })
      expect(exit).to.equal(0)
      const refused = await doctor({ ...env, OPENAI_API_KEY: 'sk-wrong' })
      expect(refused.of('openai')).to.include({ status: 'fail' })
      expect(refused.stdout).not.to.include('sk-wrong')
    } finally {
      await openai.close()
    }
  })

  it('counts the days to a shutdown, and fails after it', async () => {
    const openai = await startOpenAiSandbox()
    try {
      const models = [{ model: 'whisper-1', apiKey: 'x', baseUrl: openai.url }]
      const statusOn = async (day: string) => (await checkModels(models, new Date(day)))[0]
      expect(await statusOn('2026-01-01')).to.include({ status: 'ok', message: 'available until 2027-02-26' })
      expect(await statusOn('2027-02-16')).to.deep.include({
        status: 'warn',
        message: 'is shut down on 2027-02-26, in 10 days',
      })
      expect(await statusOn('2027-02-26')).to.include({ status: 'fail' })
    } finally {
      await openai.close()
    }
  })
})
