import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const DOCS = join(import.meta.dirname, '../../docs')

export interface Block {
  /** The word behind the backticks. */
  readonly language: string
  /** The path that stands above it, as in: `my-plugins/stt/program.ts`: */
  readonly file: string | undefined
  readonly text: string
}

/** The code blocks of a page, in order. */
export async function blocksOf(page: string): Promise<readonly Block[]> {
  const text = await readFile(join(DOCS, page), 'utf8')
  return [...text.matchAll(/(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, file, language = '', block = '']) => ({ language, file, text: block }),
  )
}
