import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { readConfiguration } from '../../config/environment.ts'
import { AftercallError } from '../../core/contracts/errors.ts'
import { freshFolder } from '../support/folder.ts'

const SID = `AC${'0123456789abcdef'.repeat(2)}`

describe('the environment', () => {
  const folder = freshFolder()

  function read(variables: Record<string, string | undefined> = {}) {
    return readConfiguration({ cwd: folder.path, variables })
  }

  function faults(variables: Record<string, string | undefined>): string {
    try {
      read(variables)
    } catch (error) {
      if (error instanceof AftercallError && error.code === 'bad-configuration') return error.message
      throw error
    }
    throw new Error('expected the configuration to be refused')
  }

  it('has every documented default when it is empty', () => {
    expect(read()).to.deep.include({
      port: 3000,
      host: '0.0.0.0',
      publicUrl: undefined,
      dataDir: join(folder.path, 'data'),
      database: { kind: 'sqlite', file: join(folder.path, 'data', 'aftercall.db') },
      redisUrl: undefined,
      twilio: { accountSid: undefined, authTokens: [], apiUrl: 'https://api.twilio.com' },
      adminToken: undefined,
      outboundAllow: [],
      pipelineFile: join(folder.path, 'pipeline.yaml'),
      logLevel: 'info',
    })
  })

  it('reads every documented variable', () => {
    const configuration = read({
      PORT: '8080',
      HOST: '::1',
      PUBLIC_URL: 'https://calls.example.com/twilio/',
      DATA_DIR: '/var/lib/aftercall',
      DATABASE_URL: 'postgres://user:pass@db/aftercall',
      REDIS_URL: 'rediss://:pass@redis:6380/1',
      TWILIO_ACCOUNT_SID: SID,
      TWILIO_AUTH_TOKEN: 'old, new',
      TWILIO_API_URL: 'http://127.0.0.1:4010/',
      ADMIN_TOKEN: 'open-sesame',
      OUTBOUND_ALLOW: 'hooks.internal, 10.0.0.0/8,fd00::/8,127.0.0.1',
      PIPELINE: 'other/pipeline.yaml',
      LOG_LEVEL: 'debug',
    })
    expect(configuration).to.deep.include({
      port: 8080,
      host: '::1',
      publicUrl: 'https://calls.example.com/twilio',
      dataDir: '/var/lib/aftercall',
      database: { kind: 'postgres', url: 'postgres://user:pass@db/aftercall' },
      redisUrl: 'rediss://:pass@redis:6380/1',
      twilio: { accountSid: SID, authTokens: ['old', 'new'], apiUrl: 'http://127.0.0.1:4010' },
      adminToken: 'open-sesame',
      outboundAllow: ['hooks.internal', '10.0.0.0/8', 'fd00::/8', '127.0.0.1'],
      pipelineFile: join(folder.path, 'other', 'pipeline.yaml'),
      logLevel: 'debug',
    })
  })

  it('hands on every variable, with defaults filled in and paths absolute', () => {
    const { environment } = read({ DATA_DIR: 'calls', FFMPEG_PATH: 'bin/ffmpeg', OPENAI_API_KEY: '', MY_OWN: '' })
    expect(environment).to.include({
      DATA_DIR: join(folder.path, 'calls'),
      DATABASE_URL: `sqlite:${join(folder.path, 'calls', 'aftercall.db')}`,
      FFMPEG_PATH: join(folder.path, 'bin', 'ffmpeg'),
      TWILIO_API_URL: 'https://api.twilio.com',
      PORT: '3000',
      MY_OWN: '',
    })
    expect(environment).not.to.have.any.keys('OPENAI_API_KEY', 'PUBLIC_URL')
    expect(read({ FFMPEG_PATH: 'ffmpeg7' }).environment).to.include({ FFMPEG_PATH: 'ffmpeg7' })
  })

  it('is frozen through and through', () => {
    const configuration = read({ TWILIO_AUTH_TOKEN: 'a' })
    for (const part of [
      configuration,
      configuration.twilio,
      configuration.twilio.authTokens,
      configuration.environment,
    ]) {
      expect(part).to.be.frozen
    }
  })

  it('reads .env of the working directory, and real variables win over it, empty ones too', async () => {
    await writeFile(join(folder.path, '.env'), 'PORT=4000\nHOST=127.0.0.1\nADMIN_TOKEN="from file"#\nLOG_LEVEL=warn\n')
    expect(faults({})).to.include('ADMIN_TOKEN (in .env)')
    expect(read({ PORT: '5000', LOG_LEVEL: '', ADMIN_TOKEN: 'real' })).to.include({
      port: 5000,
      host: '127.0.0.1',
      logLevel: 'info',
      adminToken: 'real',
    })
  })

  it('says when .env is there and cannot be read', async () => {
    await mkdir(join(folder.path, '.env'))
    expect(faults({})).to.include('.env cannot be read (EISDIR)')
  })

  it('understands every form of a SQLite address', () => {
    const file = (url: string) => read({ DATABASE_URL: url }).database
    expect(file('sqlite:calls.db')).to.deep.equal({ kind: 'sqlite', file: join(folder.path, 'calls.db') })
    expect(file('sqlite:/srv/calls.db')).to.deep.equal({ kind: 'sqlite', file: '/srv/calls.db' })
    expect(file('sqlite:///srv/calls.db')).to.deep.equal({ kind: 'sqlite', file: '/srv/calls.db' })
    expect(file('sqlite::memory:')).to.deep.equal({ kind: 'sqlite', file: ':memory:' })
  })

  it('names every fault at once', () => {
    const message = faults({ PORT: '70000', LOG_LEVEL: 'loud', TWILIO_ACCOUNT_SID: 'AC12', DATABASE_URL: 'mysql://x' })
    expect(message).to.include('4 settings are malformed')
    for (const name of ['PORT', 'LOG_LEVEL', 'TWILIO_ACCOUNT_SID', 'DATABASE_URL'])
      expect(message).to.include(`\n  ${name} `)
  })

  for (const [name, values] of Object.entries({
    PORT: ['-1', '3e3', '0x10', '65536', '80 80', '１'],
    HOST: ['a b', 'http://x', '-x', 'a/b'],
    PUBLIC_URL: ['calls.example.com', 'ftp://x', 'https://u:p@x', 'https://x/?a=1', 'https://x/#f', 'https://'],
    DATABASE_URL: ['sqlite:', 'sqlite://calls.db', 'calls.db', 'postgres:/x', 'postgres://[', 'file:x'],
    REDIS_URL: ['localhost:6379', 'http://x'],
    TWILIO_ACCOUNT_SID: [`SK${SID.slice(2)}`, `${SID}0`, `x${SID}`],
    TWILIO_AUTH_TOKEN: [',', 'a,', ',a', 'a,b,c', 'a b', 'a,,b', 'ä'],
    TWILIO_API_URL: ['api.twilio.com', 'https://x?y'],
    OPENAI_API_KEY: ['two words', 'line\nbreak', 'sk-…'],
    OPENAI_BASE_URL: ['localhost:11434/v1'],
    ADMIN_TOKEN: ['two words', 'ä'],
    OUTBOUND_ALLOW: ['10.0.0.0/33', 'http://x', '10.0.0.0/', 'fd00::/129', 'a,,b', 'x:80', '10.0.0.0/8/8'],
    LOG_LEVEL: ['INFO', 'verbose'],
  })) {
    it(`refuses a malformed ${name}`, () => {
      for (const value of values) {
        const message = faults({ [name]: value })
        expect(message, JSON.stringify(value)).to.include(`\n  ${name} `)
      }
    })
  }

  it('never repeats a value, which may be a secret in the wrong place', () => {
    const names = ['PORT', 'HOST', 'PUBLIC_URL', 'DATABASE_URL', 'REDIS_URL', 'TWILIO_ACCOUNT_SID', 'LOG_LEVEL']
    const message = faults(Object.fromEntries(names.map((name) => [name, 'hunter2 hunter2'])))
    expect(message).to.include('7 settings').and.not.to.include('hunter2')
  })

  it('answers or refuses whatever it is given, and never anything else', () => {
    const names = fc.constantFrom('PORT', 'HOST', 'PUBLIC_URL', 'DATABASE_URL', 'TWILIO_AUTH_TOKEN', 'OUTBOUND_ALLOW')
    fc.assert(
      fc.property(fc.dictionary(names, fc.string({ unit: 'binary' })), (variables) => {
        try {
          const { twilio } = read(variables)
          expect(twilio.authTokens).not.to.include('')
        } catch (error) {
          expect(error).to.be.instanceOf(AftercallError).with.property('code', 'bad-configuration')
        }
      }),
    )
  })
})
