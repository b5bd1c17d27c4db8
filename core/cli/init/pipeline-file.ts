import { readFile } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { isMap, isSeq, parseDocument } from 'yaml'
import type { Answers } from './questions.ts'

/** The root of Aftercall: of the repository, or of what stands for it in the package. */
const ROOT = join(import.meta.dirname, '../../..')

/** The text of pipeline.yaml: the one that is shipped, with the owner's own cities and services in it. */
export async function pipelineFile(answers: Answers, folder: string): Promise<string> {
  const shipped = await readFile(join(ROOT, 'pipeline.yaml'), 'utf8')
  const document = parseDocument(shipped)
  for (const [field, list] of [
    ['city', answers.cities],
    ['service', answers.services],
  ] as const) {
    if (list !== undefined)
      document.setIn([...extractPath(), field, 'vocabulary'], document.createNode(entries(list), { flow: true }))
  }
  return document
    .toString({ lineWidth: 0 })
    .replace(/(\$schema=)\S+/, (_, key: string) => `${key}${schemaFrom(folder)}`)

  function extractPath(): readonly (string | number)[] {
    const stages = document.get('stages')
    const index = isSeq(stages) ? stages.items.findIndex((item) => isMap(item) && item.get('stage') === 'extract') : -1
    if (index === -1) throw new Error('the shipped pipeline.yaml has no stage "extract"')
    return ['stages', index, 'with', 'fields']
  }
}

/** Where an editor finds the schema, seen from the folder of the new file. */
function schemaFrom(folder: string): string {
  const path = relative(folder, join(ROOT, 'config', 'pipeline.schema.json'))
  return isAbsolute(path) || path.startsWith('.') ? path : `./${path}`
}

function entries(list: string): readonly string[] {
  return list.split(',').map((entry) => entry.trim())
}
