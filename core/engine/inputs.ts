import { artifactReader } from '../contracts/erased.ts'
import type { AnyArtifact, Call, FinalInput, Outcome, StageUsage } from '../contracts/index.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import type { StoredArtifact } from '../store/state.ts'
import type { RunFiles } from './files.ts'

/** What a run has produced so far, by stage. */
export type Produced = ReadonlyMap<string, StoredArtifact>

/** What a driver gets: the call and, of each input, the first candidate that is there, with absolute file names. */
export function inputOf(
  planned: PlannedStage,
  call: Call,
  produced: Produced,
  files: RunFiles,
  runId: string,
): Record<string, unknown> {
  const input: Record<string, unknown> = { call }
  for (const { candidates } of planned.inputs) {
    const given = candidates.find(({ from }) => produced.has(from))
    if (given === undefined) continue
    input[given.artifact.name] = files.locate(given.artifact, produced.get(given.from)?.value, runId)
  }
  return input
}

/** What a final stage gets beside: the outcome, and every artifact as its last producer left it. */
export function finalInputOf(
  plan: Plan,
  stage: string,
  run: { readonly id: string; readonly decidedAt: string },
  outcome: Outcome,
  produced: Produced,
  usage: Readonly<Record<string, StageUsage>>,
): FinalInput {
  const values = new Map<string, unknown>()
  for (const { id, contract } of plan.stages) {
    const artifact = produced.get(id)
    if (artifact !== undefined && !contract.final) values.set(artifact.name, artifact.value)
  }
  return { outcome, artifacts: artifactReader(values), usage, run: { id: run.id, stage, decidedAt: run.decidedAt } }
}

/**
 * Stages whose files are gone although somebody who has not run yet needs them. What they need in turn is looked at
 * as well, because they are to run again.
 */
export async function stagesToRemake(
  plan: Plan,
  isOver: (stage: string) => boolean,
  produced: Produced,
  files: RunFiles,
  runId: string,
): Promise<readonly string[]> {
  const remake = new Set<string>()
  // From the end: a stage that is to run again may need the files of one above it.
  for (const planned of plan.stages.toReversed()) {
    if (isOver(planned.id) && !remake.has(planned.id)) continue
    for (const { candidates } of planned.inputs) {
      const given = candidates.find(({ from }) => produced.has(from))
      if (given !== undefined && (await areFilesGone(given.artifact, produced.get(given.from), files, runId))) {
        remake.add(given.from)
      }
    }
  }
  return [...remake]
}

async function areFilesGone(
  artifact: AnyArtifact,
  stored: StoredArtifact | undefined,
  files: RunFiles,
  runId: string,
): Promise<boolean> {
  return artifact.mapFiles !== undefined && stored !== undefined && !(await files.has(artifact, stored.value, runId))
}
