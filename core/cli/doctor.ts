import { join } from 'node:path'
import type { Configuration } from '../configuration.ts'
import { AftercallError } from '../contracts/errors.ts'
import type { CommandModule } from './command.ts'
import { type Finding, failed, ok, warn } from './doctor/finding.ts'
import { checkPipeline } from './doctor/pipeline.ts'
import { reportOf } from './doctor/report.ts'
import { EXIT } from './exit.ts'
import type { CommandIo } from './io.ts'

/** Checks everything that Aftercall needs here, and says what to do about what is missing. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .option('--json', 'print the findings as JSON')
      .addHelpText('after', '\nFails where a check fails; a warning is no failure.')
      .action(async (options: { readonly json?: boolean }) => {
        const findings = [ok('node', `${process.version} runs TypeScript`), ...(await examine(io))]
        io.stdout.write(options.json ? `${JSON.stringify(findings, null, 2)}\n` : reportOf(findings, io))
        if (findings.some(({ status }) => status === 'fail')) io.end(exitFor(findings))
      })
  },
}

/** Without settings or a pipeline nothing else can be checked: that is another exit code than a missing service. */
function exitFor(findings: readonly Finding[]) {
  const misconfigured = findings.some(({ name, status }) => status === 'fail' && SETTINGS.has(name))
  return misconfigured ? EXIT.misconfigured : EXIT.failed
}

const SETTINGS: ReadonlySet<string> = new Set(['environment', 'pipeline'])

async function examine(io: CommandIo): Promise<readonly Finding[]> {
  let configuration: Configuration
  try {
    configuration = await io.loadConfiguration()
  } catch (error) {
    if (error instanceof AftercallError) return [failed('environment', error, error.remedy)]
    throw error
  }
  const groups = await Promise.all([checkPipeline(configuration), storage(configuration), services(configuration)])
  return [ok('environment', 'every setting is well formed'), ...groups.flat()]
}

async function storage(configuration: Configuration): Promise<readonly Finding[]> {
  const [{ checkDatabase }, { checkDisk }, { openStore }] = await Promise.all([
    import('./doctor/database.ts'),
    import('./doctor/disk.ts'),
    import('../store/store.ts'),
  ])
  const migrations = join(import.meta.dirname, '../../migrations')
  const database = await checkDatabase(configuration, () => openStore({ address: configuration.database, migrations }))
  return [...database, redis(configuration), await checkDisk(configuration.dataDir)]
}

async function services(configuration: Configuration): Promise<readonly Finding[]> {
  const [{ checkTwilio }, { checkPublicUrl }] = await Promise.all([
    import('./doctor/twilio.ts'),
    import('./doctor/public-url.ts'),
  ])
  const [twilio, publicUrl] = await Promise.all([checkTwilio(configuration), checkPublicUrl(configuration)])
  return [...twilio, ...publicUrl]
}

function redis({ redisUrl }: Configuration): Finding {
  if (redisUrl === undefined) return ok('redis', 'not used: the database wakes the workers')
  return warn('redis', 'REDIS_URL is set, but not used yet', 'Unset it: the database wakes the workers.')
}
