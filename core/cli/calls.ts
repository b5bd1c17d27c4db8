import { type Command, Option } from 'commander'
import { callView } from '../api/call-view.ts'
import { AftercallError } from '../contracts/index.ts'
import { CALL_LOG_STATUSES, type CallStatus } from '../store/state.ts'
import type { Store } from '../store/store.ts'
import { callSid, recordingSid, wholeNumber } from './argument.ts'
import { callDetail } from './calls/detail.ts'
import { callTable } from './calls/list.ts'
import type { CommandModule } from './command.ts'
import { withStore } from './existing-database.ts'
import type { CommandIo } from './io.ts'

interface Options {
  readonly limit: number
  readonly status?: CallStatus
  readonly q?: string
  readonly recording?: string
  readonly json?: boolean
}

/** Shows calls, or one call with its run. Reads the database; no server need be running. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .argument('[call-sid]', 'the call to show, stage by stage; without it the latest calls are listed', callSid)
      .option('--limit <number>', 'how many to list, 200 at most', wholeNumber(1, 200), 20)
      .addOption(new Option('--status <status>', 'list those of this status only').choices(CALL_LOG_STATUSES))
      .option('--q <words>', 'list those with these words in a number, the transcript, the summary, city or service')
      .option('--recording <recording-sid>', 'show the run over this recording of the call', recordingSid)
      .option('--json', 'print what GET /api/calls answers')
      .addHelpText('after', '\nReads the database and changes nothing; no server need be running.')
      .action(async (named: string | undefined, options: Options) => {
        refuseMixture(named, command)
        const configuration = await io.loadConfiguration()
        await withStore(configuration, (store) =>
          named === undefined ? list(store, options, io) : show(store, named, options, io),
        )
      })
  },
}

/** Options that the other form of the command would ignore. */
function refuseMixture(callSid: string | undefined, command: Command): void {
  const foreign = callSid === undefined ? ['recording'] : ['limit', 'status', 'q']
  const given = foreign.find((name) => command.getOptionValueSource(name) === 'cli')
  if (given === undefined) return
  command.error(`error: --${given} is for ${callSid === undefined ? 'one call: name it' : 'lists, not for one call'}`)
}

async function list(store: Store, { limit, status, q, json }: Options, io: CommandIo): Promise<void> {
  const page = await store.listCalls({
    limit,
    ...(status === undefined ? {} : { status }),
    ...(q === undefined ? {} : { q }),
  })
  if (json === true) io.stdout.write(`${JSON.stringify(page, null, 2)}\n`)
  else if (page.calls.length > 0) io.stdout.write(callTable(page.calls))
  else io.stderr.write(status === undefined && q === undefined ? 'There are no calls yet.\n' : 'No call matches.\n')
}

async function show(store: Store, callSid: string, { recording, json }: Options, io: CommandIo): Promise<void> {
  const found = await store.findCall(callSid, recording)
  if (found === undefined) throw new AftercallError(`there is no call ${callSid}`, { code: 'not-found' })
  if (recording !== undefined && found.run === null) {
    throw new AftercallError(`the call has no run over ${recording}`, { code: 'not-found' })
  }
  const view = callView(found.call, found.run)
  const isCurrent = recording === undefined || recording === found.call.recording_sid
  io.stdout.write(
    json === true
      ? `${JSON.stringify(view, null, 2)}\n`
      : callDetail(view, isCurrent ? 'of the call' : 'of the run', io),
  )
}
