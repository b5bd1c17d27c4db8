import type { Command } from 'commander'
import type { App } from '../app.ts'
import { AftercallError, type ErrorRecord, errorRecord } from '../contracts/index.ts'
import { prepareRerun } from '../engine/operations.ts'
import { callSids, duration } from './argument.ts'
import type { CommandModule } from './command.ts'
import { withApp } from './existing-database.ts'
import { EXIT } from './exit.ts'
import type { CommandIo } from './io.ts'

interface Options {
  readonly from?: string
  readonly failed?: boolean
  /** Milliseconds. */
  readonly since?: number
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** What became of one call that was to be rerun. */
interface Rerun {
  readonly call_sid: string
  /** The new run; null where there is none, for an error or a dry run. */
  readonly run_id: string | null
  /** Ids of the stages that it does again; the others are taken over from the run before. */
  readonly stages: readonly string[]
  readonly error: ErrorRecord | null
}

/** Starts new runs over calls that are over, with the pipeline of today. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .argument('[call-sid...]', 'the calls to run again', callSids)
      .option(
        '--from <stage>',
        'take over what lies before this stage; without it, a failed run goes on where it failed',
      )
      .option('--failed', 'instead of naming calls: those whose runs have failed')
      .option('--since <duration>', 'with --failed: failed within this time, such as 24h', duration)
      .option('--dry-run', 'only say what would be run again')
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        '\nA running server does the work; none is needed to ask for it. Calls that cannot be rerun are named, the others' +
          '\nare rerun all the same, and the exit code is 1.',
      )
      .action(async (given: readonly string[] | undefined, options: Options) => {
        const named = given ?? []
        refuseMixture(named, options, command)
        await withApp(await io.loadConfiguration(), (app) => rerun(app, named, options, command, io))
      })
  },
}

function refuseMixture(named: readonly string[], { failed = false, since }: Options, command: Command): void {
  if (failed && named.length > 0) command.error('error: name calls, or ask for --failed ones, not both')
  if (!failed && named.length === 0) command.error('error: name a call, or ask for --failed --since 24h')
  if (failed !== (since !== undefined)) command.error('error: --failed and --since go together: --failed --since 24h')
}

async function rerun(
  app: App,
  named: readonly string[],
  options: Options,
  command: Command,
  io: CommandIo,
): Promise<void> {
  const ids = app.open.plan.stages.map(({ id }) => id)
  if (options.from !== undefined && !ids.includes(options.from)) {
    command.error(`error: there is no stage "${options.from}" in the pipeline; there are ${ids.join(', ')}`)
  }
  const chosen = options.since === undefined ? named : await app.store.failedCalls(options.since)
  const reruns: Rerun[] = []
  for (const callSid of chosen) reruns.push(await rerunOne(app, callSid, options))

  if (options.json === true) io.stdout.write(`${JSON.stringify(reruns, null, 2)}\n`)
  else io.stdout.write(reruns.map((one) => lines(one)).join(''))
  const started = reruns.filter(({ run_id }) => run_id !== null)
  if (chosen.length === 0) io.stderr.write('No run has failed in this time.\n')
  if (started[0] !== undefined) await sayWhatComesNext(app, started[0].call_sid, io)
  if (reruns.some(({ error }) => error !== null)) io.end(EXIT.failed)
}

async function rerunOne({ store, open, operations }: App, callSid: string, options: Options): Promise<Rerun> {
  const from = options.from === undefined ? {} : { from: options.from }
  try {
    const { takeOver } = await prepareRerun(store, open.plan, callSid, options.from)
    const stages = open.plan.stages.map(({ id }) => id).filter((id) => !takeOver.includes(id))
    const run_id = options.dryRun === true ? null : (await operations.rerun(callSid, from)).runId
    return { call_sid: callSid, run_id, stages, error: null }
  } catch (error) {
    // Anything else, such as a database that went away, would only meet the next call too.
    if (!(error instanceof AftercallError)) throw error
    return { call_sid: callSid, run_id: null, stages: [], error: errorRecord(error) }
  }
}

function lines({ call_sid, run_id, stages, error }: Rerun): string {
  if (error !== null) return `${call_sid}  ${error.code}: ${error.message}\n  → ${error.remedy}\n`
  return `${call_sid}  ${run_id === null ? 'would run' : `run ${run_id}:`} ${stages.join(', ')}\n`
}

async function sayWhatComesNext({ store }: App, callSid: string, io: CommandIo): Promise<void> {
  const isServed = (await store.workers()).length > 0
  io.stderr.write(
    `${isServed ? 'A running server takes this up within a second.' : 'No worker is running: `aftercall start` takes this up.'}\n` +
      `Watch a call: aftercall calls ${callSid}\n`,
  )
}
