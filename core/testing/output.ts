import assert from 'node:assert/strict'
import { lstat } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { mapFiles } from '../contracts/erased.ts'
import { type AnyContract, Settle, Skip } from '../contracts/index.ts'
import { compileArtifact, faults } from './options.ts'

/** Whether a driver returned its artifact, and not `skip(…)` or `settle(…)`. */
export function isArtifact<T>(output: T | Skip | Settle): output is T {
  return !(output instanceof Skip || output instanceof Settle)
}

/** The artifact, or a failed test that says what came instead. */
export function artifactOf<T>(output: T | Skip | Settle): T {
  if (isArtifact(output)) return output
  const instead = output instanceof Skip ? 'skip' : 'settle'
  throw new assert.AssertionError({ message: `expected an artifact, got ${instead}: ${output.reason}` })
}

/** Fails where the engine would refuse the output: its schema, its files, a missing reason. */
export async function checkOutput(contract: AnyContract, output: unknown, workdir: string): Promise<void> {
  if (output instanceof Skip || output instanceof Settle) {
    assert.notEqual(output.reason.trim(), '', 'skip and settle need a reason')
    return
  }
  const check = compileArtifact(contract.produces.schema)
  assert.equal(check(output), true, `the output breaks the schema of ${contract.produces.name}: ${faults(check)}`)
  const files: string[] = []
  mapFiles(contract.produces, output, (file) => {
    files.push(file)
    return file
  })
  for (const file of files) await checkFile(workdir, file)
}

async function checkFile(workdir: string, file: string): Promise<void> {
  assert.equal(isAbsolute(file), false, `${file} must be named relatively to workdir`)
  const path = join(workdir, file)
  assert.equal(relative(workdir, path).startsWith('..'), false, `${file} lies outside workdir`)
  assert.equal((await lstat(path)).isFile(), true, `${file} is no regular file`)
}
