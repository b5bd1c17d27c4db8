import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { isAbsolute, join, normalize, relative } from 'node:path'
import { mapFiles } from '../contracts/erased.ts'
import { type AnyArtifact, PermanentError, systemCode } from '../contracts/index.ts'

/**
 * The files of runs, below one folder:
 *
 *   <root>/<run>/attempts/<…>            the workdir of one attempt, gone when it ends
 *   <root>/<run>/artifacts/<stage>.<n>/  what attempt n of a stage left for others, gone when the outcome is decided
 *
 * Names in stored artifacts are relative to `<root>/<run>`.
 */
export class RunFiles {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** An empty directory for one attempt. Unique, so that a worker that was fenced cannot disturb its successor. */
  async makeWorkdir(runId: string, stage: string): Promise<string> {
    const attempts = join(this.root, runId, 'attempts')
    await mkdir(attempts, { recursive: true, mode: 0o700 })
    return mkdtemp(join(attempts, `${stage}-`))
  }

  async removeWorkdir(workdir: string): Promise<void> {
    await rm(workdir, { recursive: true, force: true })
  }

  /**
   * Moves the files that an artifact names out of the attempt's workdir; returns the artifact with names relative to
   * the run's directory. Throws `contract-broken` where a file is missing or lies outside of the workdir.
   */
  async keep(artifact: AnyArtifact, value: unknown, from: string, runId: string, name: string): Promise<unknown> {
    if (artifact.mapFiles === undefined) return value
    const files = namesIn(artifact, value)
    for (const file of files) await assertInside(from, file)
    const kept = join('artifacts', name)
    const target = join(this.root, runId, kept)
    await rm(target, { recursive: true, force: true })
    await mkdir(join(this.root, runId, 'artifacts'), { recursive: true, mode: 0o700 })
    await rename(from, target)
    return mapFiles(artifact, value, (file) => join(kept, insideName(from, file)))
  }

  /** The artifact with absolute file names, as drivers get it. */
  locate(artifact: AnyArtifact, value: unknown, runId: string): unknown {
    return mapFiles(artifact, value, (file) => join(this.root, runId, file))
  }

  /** Whether all files of a stored artifact are there. */
  async has(artifact: AnyArtifact, value: unknown, runId: string): Promise<boolean> {
    try {
      for (const file of namesIn(artifact, value)) await access(join(this.root, runId, file))
      return true
    } catch {
      return false
    }
  }

  /** Everything of a run. */
  async removeRun(runId: string): Promise<void> {
    await rm(join(this.root, runId), { recursive: true, force: true })
  }

  /** The attempts of a run that another process left behind; its artifacts stay. */
  async removeAttempts(runId: string): Promise<void> {
    await rm(join(this.root, runId, 'attempts'), { recursive: true, force: true })
  }

  /** The runs that have files. */
  async runs(): Promise<readonly string[]> {
    try {
      return await readdir(this.root)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return []
      throw error
    }
  }
}

function namesIn(artifact: AnyArtifact, value: unknown): readonly string[] {
  const names: string[] = []
  mapFiles(artifact, value, (file) => {
    names.push(file)
    return file
  })
  return names
}

function insideName(workdir: string, file: string): string {
  return isAbsolute(file) ? relative(workdir, file) : normalize(file)
}

async function assertInside(workdir: string, file: string): Promise<void> {
  const name = insideName(workdir, file)
  if (name === '' || name === '.' || name.startsWith('..') || isAbsolute(name)) {
    throw new PermanentError(`names the file ${file}, which is not in its workdir`, { code: 'contract-broken' })
  }
  try {
    await access(join(workdir, name))
  } catch {
    throw new PermanentError(`names the file ${file}, which it has not written`, { code: 'contract-broken' })
  }
}
