import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AftercallError, type OpenedCatalogue } from '../contracts/index.ts'
import type { Fault } from '../pipeline/fault.ts'
import { type LoadedPipeline, loadPipeline } from '../pipeline/load.ts'
import { pluginsOf } from '../pipeline/plugins-of.ts'
import { openCatalogue } from '../plugins/catalogue.ts'
import type { CommandIo } from './io.ts'

/** The drivers that come with Aftercall: beside core/, in the repository and in the package alike. */
const BUILT_IN = fileURLToPath(new URL('../../plugins', import.meta.url))

export interface ReadPipeline {
  readonly text: string
  /** As a person reads it from where they are. */
  readonly name: string
  readonly loaded: LoadedPipeline
}

/** The pipeline that was asked for, else that of the configuration. Throws an AftercallError where there is no file. */
export async function readPipeline(given: string | undefined, io: CommandIo): Promise<ReadPipeline> {
  const { pipelineFile, environment } = await io.loadConfiguration()
  const file = given === undefined ? pipelineFile : resolve(io.cwd, given)
  const name = shortest(file, io.cwd)
  const text = await textOf(file)
  if (text === undefined) {
    throw new AftercallError(`there is no file ${name}`, {
      code: 'bad-configuration',
      remedy: '`aftercall init` writes one; PIPELINE says where it is.',
    })
  }
  const loaded = await loadPipeline({ text, file, environment, openCatalogue: openDrivers })
  const faults = loaded.faults.map((fault): Fault => ({ ...fault, file: name }))
  return { text, name, loaded: { ...loaded, faults } }
}

/** The drivers of Aftercall and of the plugins that the configured pipeline names, whatever else is wrong with it. */
export async function configuredCatalogue(io: CommandIo): Promise<OpenedCatalogue> {
  const { pipelineFile, environment } = await io.loadConfiguration()
  const text = await textOf(pipelineFile)
  return openDrivers(text === undefined ? [] : pluginsOf(text, environment), dirname(pipelineFile))
}

function openDrivers(packages: readonly string[], from: string): Promise<OpenedCatalogue> {
  return openCatalogue({ folders: [BUILT_IN], packages, from })
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return undefined
    throw error
  }
}

function shortest(file: string, cwd: string): string {
  const short = relative(cwd, file)
  return short.startsWith('..') || isAbsolute(short) ? file : short
}
