import { pipelineSchema } from '../pipeline/json-schema.ts'
import type { CommandModule } from './command.ts'
import { configuredCatalogue } from './pipeline.ts'

/** Prints the JSON Schema of pipeline.yaml with the options of every driver that there is. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .addHelpText(
        'after',
        '\nFor an editor, with plugins of your own: aftercall schema > pipeline.schema.json, and name that file in the\nfirst line of pipeline.yaml: # yaml-language-server: $schema=./pipeline.schema.json',
      )
      .action(async () => {
        const catalogue = await configuredCatalogue(io)
        for (const { message } of catalogue.faults) io.stderr.write(`warning: ${message}\n`)
        io.stdout.write(`${JSON.stringify(await pipelineSchema(catalogue), null, 2)}\n`)
      })
  },
}
