import type { StageUsage, Usage } from '../contracts/index.ts'
import { type Database, rowsOf } from './database.ts'
import { parseJson } from './rows.ts'

/** What the attempts of runs have used up, by run and stage. Failed attempts count: they cost money too. */
export async function usageOf(
  database: Database,
  runIds: readonly string[],
): Promise<Map<string, Record<string, StageUsage>>> {
  const rows = await rowsOf<{ run_id: string; stage_id: string; usage: unknown }>(
    database,
    `SELECT run_id, stage_id, usage FROM attempt
     WHERE usage IS NOT NULL AND run_id IN (${runIds.map(() => '?').join(', ')}) ORDER BY number`,
    runIds,
  )
  const byRun = new Map<string, Record<string, StageUsage>>()
  for (const { run_id, stage_id, usage } of rows) {
    const stages = byRun.get(run_id) ?? {}
    // What stands in this column was a Usage when it was written.
    stages[stage_id] = addStageUsage(stages[stage_id], parseJson(usage) as Usage)
    byRun.set(run_id, stages)
  }
  return byRun
}

/** The sum of a stage's usage and that of one more attempt. */
export function addStageUsage(sum: StageUsage | undefined, used: Usage): StageUsage {
  return { ...addUsage(sum ?? {}, used), attempts: (sum?.attempts ?? 0) + 1 }
}

/** The sum of two; the later model stands. */
export function addUsage(sum: Usage, used: Usage): Usage {
  return {
    ...sum,
    ...(used.model === undefined ? {} : { model: used.model }),
    ...added('audioSeconds', sum, used),
    ...added('inputTokens', sum, used),
    ...added('outputTokens', sum, used),
  }
}

function added(key: 'audioSeconds' | 'inputTokens' | 'outputTokens', sum: Usage, used: Usage): Usage {
  const more = used[key]
  return more === undefined ? {} : { [key]: (sum[key] ?? 0) + more }
}
