import { join, resolve } from 'node:path'
import type { Configuration, DatabaseConfiguration } from '../core/configuration.ts'
import {
  accountSid,
  address,
  authTokens,
  baseAddress,
  host,
  hostOrRange,
  listOf,
  Malformed,
  oneOf,
  publicAddress,
  type Reading,
  secret,
  text,
  wholeNumber,
} from './setting.ts'
import { type EnvironmentSource, Variables } from './variables.ts'

const DEFAULTS = {
  PORT: '3000',
  HOST: '0.0.0.0',
  DATA_DIR: 'data',
  TWILIO_API_URL: 'https://api.twilio.com',
  PIPELINE: 'pipeline.yaml',
  LOG_LEVEL: 'info',
} as const

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/**
 * The configuration of this process, frozen. A documented variable that is set but empty counts as unset, as a line
 * such as `OPENAI_API_KEY=` in `.env` means it. Throws an AftercallError `bad-configuration` that names every fault,
 * and no value.
 */
export function readConfiguration(source: EnvironmentSource): Configuration {
  const variables = new Variables(source)
  const path: Reading<string> = (given) => resolve(source.cwd, given)
  const dataDir = variables.read('DATA_DIR', path, DEFAULTS.DATA_DIR)
  const configuration = {
    port: variables.read('PORT', wholeNumber(0, 65_535), DEFAULTS.PORT),
    host: variables.read('HOST', host, DEFAULTS.HOST),
    publicUrl: variables.find('PUBLIC_URL', publicAddress),
    dataDir,
    database: variables.read('DATABASE_URL', databaseAt(path), `sqlite:${join(dataDir, 'aftercall.db')}`),
    redisUrl: variables.find('REDIS_URL', address(['redis:', 'rediss:'])),
    twilio: {
      accountSid: variables.find('TWILIO_ACCOUNT_SID', accountSid),
      authTokens: variables.find('TWILIO_AUTH_TOKEN', authTokens) ?? [],
      apiUrl: variables.read('TWILIO_API_URL', baseAddress, DEFAULTS.TWILIO_API_URL),
    },
    adminToken: variables.find('ADMIN_TOKEN', secret),
    outboundAllow: variables.find('OUTBOUND_ALLOW', listOf(hostOrRange)) ?? [],
    pipelineFile: variables.read('PIPELINE', path, DEFAULTS.PIPELINE),
    logLevel: variables.read('LOG_LEVEL', oneOf(LOG_LEVELS), DEFAULTS.LOG_LEVEL),
  }
  // These are read by drivers, through `${NAME}` in their options.
  variables.find('OPENAI_API_KEY', secret)
  variables.find('OPENAI_BASE_URL', baseAddress)
  // A bare name is looked up in PATH; anything else is a path.
  variables.find('FFMPEG_PATH', (given) => (/[/\\]/.test(given) ? path(given) : text(given)))
  return deepFreeze({ ...configuration, environment: variables.all() })
}

/** `sqlite:PATH`, `sqlite::memory:`, `postgres://…` or `postgresql://…`. */
function databaseAt(path: Reading<string>): Reading<DatabaseConfiguration> {
  return (given) => {
    const [, file] = /^sqlite:((?!\/\/(?!\/)).+)$/.exec(given) ?? []
    if (file === ':memory:') return { kind: 'sqlite', file }
    if (file !== undefined) return { kind: 'sqlite', file: path(file) }
    if (/^postgres(ql)?:\/\//.test(given) && URL.canParse(given)) return { kind: 'postgres', url: given }
    throw new Malformed('must be sqlite:PATH or an address that begins with postgres://')
  }
}

function deepFreeze<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part)
  }
  return Object.freeze(value)
}
