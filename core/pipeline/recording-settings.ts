import { parseDuration, parsePeriod } from './duration.ts'
import type { Finding } from './finding.ts'
import { isMapping, type Path } from './path.ts'
import type { PlannedStage } from './plan.ts'

/** How long recordings are kept: `recordings:` of pipeline.yaml. */
export interface RecordingSettings {
  /** Milliseconds after its run has succeeded, at Twilio; null: never. */
  readonly deleteAfterMs: number | null
  /** Milliseconds after the call, here; null: never. */
  readonly retentionMs: number | null
}

/** How recordings are found whose callbacks were lost: `sync:` of pipeline.yaml. */
export interface SyncSettings {
  /** Milliseconds; 0: never. */
  readonly everyMs: number
  /** Milliseconds that are looked at again. */
  readonly overlapMs: number
}

export const KEEP_RECORDINGS: RecordingSettings = { deleteAfterMs: null, retentionMs: null }
export const DEFAULT_SYNC: SyncSettings = { everyMs: 15 * 60_000, overlapMs: 60 * 60_000 }

export function recordingSettings(value: unknown, findings: Finding[]): RecordingSettings {
  const read = (key: string) => durationOf(value, ['recordings', key], parsePeriod, '100 years', findings) ?? null
  return { deleteAfterMs: read('deleteAfter'), retentionMs: read('retention') }
}

export function syncSettings(value: unknown, findings: Finding[]): SyncSettings {
  const read = (key: string) => durationOf(value, ['sync', key], parseDuration, '24 days', findings)
  return { everyMs: read('every') ?? DEFAULT_SYNC.everyMs, overlapMs: read('overlap') ?? DEFAULT_SYNC.overlapMs }
}

/** What has the form of a duration and is none is too long; any other form `checkFile` has reported. */
function durationOf(
  section: unknown,
  path: Path,
  parse: (text: string) => number | undefined,
  longest: string,
  findings: Finding[],
): number | undefined {
  const key = path.at(-1) ?? ''
  const written = isMapping(section) ? section[key] : undefined
  if (typeof written !== 'string') return undefined
  const milliseconds = parse(written)
  if (milliseconds === undefined && /^[0-9]+(ms|s|m|h|d)$/.test(written)) {
    findings.push({ rule: 'bad-duration', path, at: 'value', message: `${key} must be at most ${longest}` })
  }
  return milliseconds
}

/** What of the settings does not go together with the stages. */
export function settingsFindings(
  { deleteAfterMs }: RecordingSettings,
  stages: readonly (PlannedStage | undefined)[],
): readonly Finding[] {
  const staysAtTwilio = stages.some(
    (stage) => stage?.stage === 'recording-store' && stage.drivers.some(({ use }) => use === 'twilio'),
  )
  if (deleteAfterMs === null || !staysAtTwilio) return []
  return [
    {
      rule: 'only-copy',
      path: ['recordings', 'deleteAfter'],
      at: 'value',
      message: 'the recording is kept at Twilio only, and would be lost',
    },
  ]
}
