import { AftercallError, type FoundDriver, type OpenedCatalogue } from '../contracts/index.ts'
import { type ListedOption, listOptions } from '../pipeline/option-list.ts'
import { didYouMean, suggest } from '../pipeline/suggest.ts'
import type { CommandModule } from './command.ts'
import type { CommandIo } from './io.ts'
import { configuredCatalogue } from './pipeline.ts'

interface Options {
  readonly json?: boolean
}

/** Lists the drivers, or one driver's options, from its schema. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .argument('[stage/driver]', 'the driver to describe, such as stt/openai; without it all are listed')
      .option('--json', 'print JSON')
      .action((driver: string | undefined, { json = false }: Options) =>
        driver === undefined ? list(json, io) : describe(driver, json, io),
      )
  },
}

async function list(json: boolean, io: CommandIo): Promise<void> {
  const catalogue = await configuredCatalogue(io)
  for (const { message } of catalogue.faults) io.stderr.write(`warning: ${message}\n`)
  const names = await catalogue.names()
  const drivers = await Promise.all(
    names.map(async ({ stage, use, file }) => {
      const found = await catalogue.find(stage, use)
      if (!('kind' in found)) return { stage, use, file, description: descriptionOf(found), broken: null }
      return { stage, use, file, description: '', broken: found.kind === 'broken-driver' ? found.message : found.kind }
    }),
  )
  if (json) {
    io.stdout.write(`${JSON.stringify(drivers, null, 2)}\n`)
    return
  }
  const width = Math.max(0, ...drivers.map(({ stage, use }) => `${stage}/${use}`.length))
  for (const { stage, use, description, broken } of drivers) {
    const words = broken === null ? description : `cannot be used: ${broken}`
    io.stdout.write(`${`${stage}/${use}`.padEnd(width)}  ${words}\n`)
  }
}

async function describe(name: string, json: boolean, io: CommandIo): Promise<void> {
  const found = await findDriver(await configuredCatalogue(io), name)
  const { contract } = found.definition
  const options = listOptions(found.definition.options)
  const consumes = contract.consumes.map((input) =>
    input.kind === 'first-of' ? input.members.map((member) => member.name).join(' or ') : input.name,
  )
  const optional = contract.optional.map((artifact) => artifact.name)
  const { stage, use, file } = found
  const described = { stage, use, file, description: descriptionOf(found), consumes, optional }
  if (json) {
    io.stdout.write(
      `${JSON.stringify({ ...described, produces: contract.produces.name, final: contract.final, options }, null, 2)}\n`,
    )
    return
  }
  const needs = [...consumes, ...optional.map((artifact) => `(${artifact})`)].join(' + ')
  io.stdout.write(`${stage}/${use}  ${described.description}\n${file}\n`)
  io.stdout.write(`${`${needs} → ${contract.produces.name}`.trimStart()}\n\n`)
  io.stdout.write(options.length === 0 ? 'It has no options.\n' : options.map(optionText).join(''))
}

/** Throws an AftercallError that says what there is instead. */
async function findDriver(catalogue: OpenedCatalogue, name: string): Promise<FoundDriver> {
  const [stage = '', use = ''] = name.split('/')
  const found = await catalogue.find(stage, use)
  if (!('kind' in found)) return found
  if (found.kind === 'broken-driver')
    throw new AftercallError(`${name} cannot be used: ${found.message}`, {
      code: 'bad-configuration',
      remedy: `Correct ${found.file}, or tell its author; docs/writing-a-plugin.md says what a driver is.`,
    })
  const known = (await catalogue.names()).map((driver) => `${driver.stage}/${driver.use}`)
  throw new AftercallError(`there is no driver ${name}${didYouMean(suggest(name, known))}`, {
    code: 'not-found',
    remedy: `There are ${known.join(', ')}.`,
  })
}

function descriptionOf({ definition }: FoundDriver): string {
  return definition.description === '' ? definition.contract.description : definition.description
}

function optionText(option: ListedOption): string {
  const preset =
    option.default === undefined
      ? option.required
        ? 'required'
        : 'optional'
      : `default ${JSON.stringify(option.default)}`
  const description = option.description === '' ? '' : `    ${option.description}\n`
  return `  ${option.name}  (${option.kind}; ${preset})\n${description}`
}
