import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'

const ROOT = join(import.meta.dirname, '../..')
const WRONG = join(import.meta.dirname, 'wrong')

interface CompilerError {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** What tsc says of test/types. An error of several lines is one. */
async function compilerErrors(): Promise<readonly CompilerError[]> {
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  const output = await promisify(execFile)(tsc, ['-p', import.meta.dirname, '--pretty', 'false'], { cwd: ROOT }).then(
    ({ stdout }) => stdout,
    (failed: { readonly stdout: string }) => failed.stdout,
  )
  return output
    .split(/\n(?! )/)
    .map((text) => /^(.+?)\((\d+),\d+\): error TS\d+: ([\s\S]+)$/.exec(text))
    .filter((match) => match !== null)
    .map(([, file = '', line, message = '']) => ({ file, line: Number(line), message }))
}

/**
 * Each file in `wrong/` is one misuse, and says in a comment above the line what the compiler must object to: that
 * it objects to anything at all would also be true of a misspelt import.
 */
describe('the types of contracts and drivers', function () {
  // The compiler looks at every file that the package exports.
  this.timeout(120_000)
  let errors: readonly CompilerError[]

  before(async () => {
    errors = await compilerErrors()
  })

  it('admit every right use', () => {
    expect(errors.filter(({ file }) => !file.startsWith('test/types/wrong/'))).to.deep.equal([])
  })

  it('refuse every wrong use, for the reason that stands above it', async () => {
    const files = (await readdir(WRONG)).sort()
    expect(files).to.have.length.above(10)
    for (const name of files) {
      const file = `test/types/wrong/${name}`
      const lines = (await readFile(join(WRONG, name), 'utf8')).split('\n')
      const found = errors.filter((error) => error.file === file)
      const marker = lines.findIndex((line) => line.includes('// expected error: '))
      const expected = lines[marker]?.split('// expected error: ')[1] ?? ''
      expect(expected, `${file} says what is expected`).not.to.equal('')
      expect(
        found.map(({ line }) => line),
        `${file}: ${JSON.stringify(found)}`,
      ).to.deep.equal([marker + 2])
      expect(found[0]?.message, file).to.include(expected)
    }
  })
})
