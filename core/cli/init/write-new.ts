import { randomUUID } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../../contracts/system-code.ts'

export interface NewFile {
  readonly name: string
  readonly text: string
  /** Permissions, whatever those of a file that is overwritten were. */
  readonly mode: number
}

/**
 * Writes the files into the folder, in their order. Without `force` a file that is there is kept, also when it
 * appeared a moment ago. Answers which were written.
 */
export async function writeNew(
  folder: string,
  force: boolean,
  files: readonly NewFile[],
): Promise<readonly { readonly name: string; readonly done: boolean }[]> {
  const written: { name: string; done: boolean }[] = []
  for (const file of files) written.push({ name: file.name, done: await writeOne(folder, force, file) })
  return written
}

async function writeOne(folder: string, force: boolean, { name, text, mode }: NewFile): Promise<boolean> {
  const target = join(folder, name)
  if (force) {
    // A file keeps its permissions when it is written over, and a secret must not land in a readable one.
    const draft = join(folder, `.${name}.${randomUUID()}`)
    await writeFile(draft, text, { flag: 'wx', mode })
    await rename(draft, target)
    return true
  }
  try {
    await writeFile(target, text, { flag: 'wx', mode })
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}
