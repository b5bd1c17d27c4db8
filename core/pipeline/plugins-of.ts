import { checkFile } from './check-file.ts'
import { draftOf } from './draft.ts'
import type { Environment } from './variables.ts'
import { readYaml } from './yaml-file.ts'

/** What `plugins:` of a pipeline.yaml names, also where the rest of the file has faults; empty where it is no YAML. */
export function pluginsOf(text: string, environment: Environment): readonly string[] {
  const { value } = readYaml(text, '')
  return value === undefined ? [] : draftOf(checkFile(value, environment).value).plugins
}
