import { Command, CommanderError } from 'commander'
import { COMMANDS, type CommandEntry } from './commands.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { describeFailure } from './failure.ts'
import type { CommandIo } from './io.ts'
import { version } from './version.ts'

/** What the process gives; `end` and the rest of CommandIo are made here. */
export type ProcessIo = Omit<CommandIo, 'end' | 'loadConfiguration'>

/** Runs one command line (without `node` and the file) and answers the exit code. Never throws. */
export async function main(argv: readonly string[], given: ProcessIo): Promise<ExitCode> {
  let ended: ExitCode = EXIT.done
  const io: CommandIo = {
    ...given,
    loadConfiguration: async () => {
      const { readConfiguration } = await import('../../config/environment.ts')
      return readConfiguration({ cwd: given.cwd, variables: given.env })
    },
    end: (code) => {
      ended = code
    },
  }
  try {
    const program = await programFor(argv, io)
    await program.parseAsync(argv, { from: 'user' })
    return ended
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.misconfigured
    const failure = describeFailure(thrown)
    io.stderr.write(failure.text)
    return failure.exit
  }
}

/** A program in which only the command that is called is loaded; of the others it knows name and summary. */
async function programFor(argv: readonly string[], io: CommandIo): Promise<Command> {
  const program = new Command('aftercall')
    .description('Turns every phone call into data: recording, transcript, summary, fields and a signed webhook.')
    .version(version())
    .helpCommand(true)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => io.terminal,
      // Elsewhere commander would ask the process, whose streams need not be these.
      ...(io.terminal ? {} : { getOutHelpWidth: () => 100 }),
    })
    .addHelpText('after', EXIT_CODES)
  const called = calledCommand(argv)
  for (const entry of COMMANDS) {
    const command = program.command(entry.name).summary(entry.summary).description(sentence(entry.summary))
    if (entry === called) (await entry.load()).command.declare(command, io)
    command.addHelpText('after', EXIT_CODES)
  }
  return program
}

const EXIT_CODES = '\nExit codes: 0 done, 1 failed, 2 bad configuration or usage.'

/** The first word that is no option, or that which `help` asks about: `aftercall help doctor`. */
function calledCommand(argv: readonly string[]): CommandEntry | undefined {
  const words = argv.filter((word) => !word.startsWith('-'))
  const name = words[0] === 'help' ? words[1] : words[0]
  return COMMANDS.find((entry) => entry.name === name)
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}
