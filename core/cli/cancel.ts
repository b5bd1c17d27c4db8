import { cancelLatestRun } from '../engine/operations.ts'
import { callSid } from './argument.ts'
import type { CommandModule } from './command.ts'
import { withStore } from './existing-database.ts'

/** Asks for the run of a call to be cancelled. Works without a server and without a usable pipeline. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .argument('<call-sid>', 'the call whose run is to end', callSid)
      .addHelpText(
        'after',
        '\nFinal stages (webhooks) still run. Fails where there is no run, or where its outcome is decided already.',
      )
      .action(async (named: string) => {
        await withStore(await io.loadConfiguration(), (store) => cancelLatestRun(store, named, 'cancelled by hand'))
        io.stderr.write(
          `The run of ${named} is to be cancelled: the worker that has it, or takes it next, ends it.\n` +
            `See it: aftercall calls ${named}\n`,
        )
      })
  },
}
