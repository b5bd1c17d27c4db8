import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { openDrivers, readPipelineFile } from '../composition/pipeline-file.ts'
import type { OpenedCatalogue } from '../contracts/index.ts'
import type { Fault } from '../pipeline/fault.ts'
import type { LoadedPipeline } from '../pipeline/load.ts'
import { pluginsOf } from '../pipeline/plugins-of.ts'
import type { CommandIo } from './io.ts'

export interface ReadPipeline {
  readonly text: string
  /** The file as a person reads it from where they are. */
  readonly name: string
  readonly loaded: LoadedPipeline
}

/** The pipeline that was asked for, else that of the configuration. Throws `bad-configuration` where there is no file. */
export async function readPipeline(given: string | undefined, io: CommandIo): Promise<ReadPipeline> {
  const { pipelineFile: configured, environment } = await io.loadConfiguration()
  const pipelineFile = given === undefined ? configured : resolve(io.cwd, given)
  const { text, loaded } = await readPipelineFile({ pipelineFile, environment })
  const name = shortest(pipelineFile, io.cwd)
  const faults = loaded.faults.map((fault): Fault => ({ ...fault, file: name }))
  return { text, name, loaded: { ...loaded, faults } }
}

/** The drivers of Aftercall and of the plugins that the configured pipeline names, whatever else is wrong with it. */
export async function configuredCatalogue(io: CommandIo): Promise<OpenedCatalogue> {
  const { pipelineFile, environment } = await io.loadConfiguration()
  // Where there is no pipeline yet, there are the drivers that it can be written with.
  const text = await readFile(pipelineFile, 'utf8').catch(() => '')
  return openDrivers(pluginsOf(text, environment), dirname(pipelineFile))
}

function shortest(file: string, cwd: string): string {
  const short = relative(cwd, file)
  return short.startsWith('..') || isAbsolute(short) ? file : short
}
