import { Option } from 'commander'
import { renderFaults } from '../pipeline/fault-text.ts'
import type { CommandModule } from './command.ts'
import { EXIT } from './exit.ts'
import type { CommandIo } from './io.ts'
import { readPipeline } from './pipeline.ts'

interface Options {
  readonly format: 'text' | 'json'
  readonly json?: boolean
}

/** Checks a pipeline and names every fault with its line, its column and a remedy. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .argument('[file]', 'the pipeline to check; by default that of the configuration (PIPELINE)')
      .addOption(new Option('--format <format>', 'how to print faults').choices(['text', 'json']).default('text'))
      .option('--json', 'short for --format json')
      .addHelpText('after', '\nWarnings alone leave the exit code at 0. docs/errors.md lists the rules.')
      .action((file: string | undefined, options: Options) => validate(file, options, io))
  },
}

async function validate(file: string | undefined, options: Options, io: CommandIo): Promise<void> {
  const { text, name, loaded } = await readPipeline(file, io)
  if (options.json === true || options.format === 'json') {
    io.stdout.write(`${JSON.stringify(loaded.faults, null, 2)}\n`)
  } else {
    io.stdout.write(renderFaults(loaded.faults, text))
    io.stdout.write(`${loaded.faults.length === 0 ? '' : '\n'}${name}: ${summary(loaded)}\n`)
  }
  if (loaded.plan === undefined) io.end(EXIT.misconfigured)
}

function summary({ plan, faults }: Awaited<ReturnType<typeof readPipeline>>['loaded']): string {
  const warnings = faults.filter(({ severity }) => severity === 'warning').length
  const errors = faults.length - warnings
  const counted = [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : '']
  const found = counted.filter((words) => words !== '').join(' and ')
  if (plan === undefined) return found
  return `valid, ${count(plan.stages.length, 'stage')}${found === '' ? '' : `, ${found}`}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
