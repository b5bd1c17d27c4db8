import type { SyncSummary } from '../sync/sync.ts'
import { period } from './argument.ts'
import type { CommandModule } from './command.ts'
import { withApp } from './existing-database.ts'
import type { CommandIo } from './io.ts'

interface Options {
  /** Milliseconds. */
  readonly since?: number
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Lists the recordings at Twilio, and starts a run for each that no callback told of. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .option(
        '--since <duration>',
        'look so far back, such as 24h or 30d; without it, to where the last sync ended',
        period,
      )
      .option('--dry-run', 'only say what would be started')
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        '\nA running server does the same every 15 minutes (`sync:` in pipeline.yaml), and does the work: none is needed to\n' +
          'ask for it. Recordings that are known already are left alone.',
      )
      .action(async (options: Options) => {
        const configuration = await io.loadConfiguration()
        await withApp(configuration, async ({ upkeep, store }) => {
          const summary = await upkeep.sync({
            occasion: options.dryRun === true ? 'dry-run' : 'asked',
            ...(options.since === undefined ? {} : { sinceMs: options.since }),
            signal: new AbortController().signal,
            progress: ({ pages, seen, started }) =>
              io.stderr.write(`page ${pages}: ${seen} recordings seen, ${started.length} new\n`),
          })
          if (summary === undefined) throw new Error('a sync that was asked for is never put off')
          const isServed = (await store.workers()).length > 0
          tell(summary, options, isServed, io)
        })
      })
  },
}

function tell(summary: SyncSummary, { dryRun = false, json }: Options, isServed: boolean, io: CommandIo): void {
  const { since, pages, seen, known, started, others } = summary
  if (json === true) {
    const told = { since, pages, seen, known, started, others, dry_run: dryRun }
    io.stdout.write(`${JSON.stringify(told, null, 2)}\n`)
    return
  }
  for (const recordingSid of started) io.stdout.write(`${recordingSid}  ${dryRun ? 'would be started' : 'started'}\n`)
  const rest = others === 0 ? '' : `, ${others} not complete or of no call`
  io.stdout.write(
    `Since ${since}: ${seen} seen, ${known} known, ${started.length} ${dryRun ? 'new' : 'started'}${rest}.\n`,
  )
  if (started.length === 0 || dryRun) return
  io.stderr.write(
    isServed
      ? 'A running server takes these up within a second.\n'
      : 'No worker is running: `aftercall start` takes these up.\n',
  )
}
