import { Option } from 'commander'
import { renderFaults } from '../pipeline/fault-text.ts'
import { graphMermaid, graphRecords, graphText } from '../pipeline/graph.ts'
import type { CommandModule } from './command.ts'
import { EXIT } from './exit.ts'
import type { CommandIo } from './io.ts'
import { readPipeline } from './pipeline.ts'

interface Options {
  readonly format: 'text' | 'mermaid' | 'json'
  readonly json?: boolean
}

/** Shows which stage waits for which, and what runs side by side. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .argument('[file]', 'the pipeline to show; by default that of the configuration (PIPELINE)')
      .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'mermaid', 'json']).default('text'))
      .option('--json', 'short for --format json')
      .addHelpText('after', '\nStages of one number run side by side.')
      .action((file: string | undefined, options: Options) => graph(file, options, io))
  },
}

async function graph(file: string | undefined, options: Options, io: CommandIo): Promise<void> {
  const { text, loaded } = await readPipeline(file, io)
  if (loaded.plan === undefined) {
    io.stderr.write(renderFaults(loaded.faults, text))
    io.end(EXIT.misconfigured)
    return
  }
  switch (options.json === true ? 'json' : options.format) {
    case 'json':
      io.stdout.write(`${JSON.stringify(graphRecords(loaded.plan), null, 2)}\n`)
      return
    case 'mermaid':
      io.stdout.write(graphMermaid(loaded.plan))
      return
    case 'text':
      io.stdout.write(graphText(loaded.plan))
  }
}
