import { Type } from 'typebox'
import { DURATION_PATTERN, parsePeriod } from './duration.ts'
import { durationAt } from './duration-at.ts'
import type { Finding } from './finding.ts'
import { isMapping } from './path.ts'
import type { PlannedStage } from './plan.ts'

/** What becomes of recordings in the end: `recordings:` of pipeline.yaml. Milliseconds; undefined: never. */
export interface RecordingsSettings {
  /** After its run has succeeded, a recording is deleted at Twilio. */
  readonly deleteAfterMs: number | undefined
  /** After the call, a recording that is kept here is erased. */
  readonly retentionMs: number | undefined
}

/** How recordings are found whose callbacks were lost: `sync:` of pipeline.yaml. Milliseconds. */
export interface SyncSettings {
  /** 0: never by itself. */
  readonly everyMs: number
  readonly overlapMs: number
}

export const KEPT_FOR_GOOD: RecordingsSettings = { deleteAfterMs: undefined, retentionMs: undefined }
export const USUAL_SYNC: SyncSettings = { everyMs: 15 * 60_000, overlapMs: 60 * 60_000 }

const closed = { additionalProperties: false } as const

const duration = (description: string) => Type.Optional(Type.String({ pattern: DURATION_PATTERN, description }))

export const recordingsSchema = Type.Object(
  {
    deleteAfter: duration('Deletes a recording at Twilio, so long after its run has succeeded. Never, where absent.'),
    retention: duration(
      'Erases a recording that is kept here, so long after the call; texts stay. Never, where absent.',
    ),
  },
  { ...closed, description: 'How long recordings are kept: docs/recordings.md.' },
)

export const syncSchema = Type.Object(
  {
    every: duration('How often Twilio is asked for recordings that it never told us of: 15m; `0s` is never.'),
    overlap: duration('How much of the time that was looked at before is looked at again: 1h.'),
  },
  { ...closed, description: 'How recordings are found whose callbacks were lost: docs/recordings.md.' },
)

/** Reads what has the right shape and leaves out the rest, which `checkFile` has reported. */
export function recordingsSettings(value: unknown, findings: Finding[]): RecordingsSettings {
  if (!isMapping(value)) return KEPT_FOR_GOOD
  const at = (key: string) => durationAt(value, key, ['recordings'], findings, PERIOD)
  return { deleteAfterMs: at('deleteAfter'), retentionMs: at('retention') }
}

const PERIOD = { parse: parsePeriod, longest: '36500d' }

/** Asking more often finds nothing that a callback would not have told. */
const SHORTEST_SYNC_MS = 60_000

/** As `recordingsSettings`. */
export function syncSettings(value: unknown, findings: Finding[]): SyncSettings {
  if (!isMapping(value)) return USUAL_SYNC
  const everyMs = durationAt(value, 'every', ['sync'], findings) ?? USUAL_SYNC.everyMs
  if (everyMs > 0 && everyMs < SHORTEST_SYNC_MS) {
    const message = 'every must be at least 1m, or 0s for never'
    findings.push({ rule: 'bad-duration', path: ['sync', 'every'], at: 'value', message })
  }
  return { everyMs, overlapMs: durationAt(value, 'overlap', ['sync'], findings) ?? USUAL_SYNC.overlapMs }
}

/** Where recordings are left at Twilio, or kept by no stage at all, deleting them there deletes the only copy. */
export function onlyCopyFindings(
  { deleteAfterMs }: RecordingsSettings,
  stages: readonly (PlannedStage | undefined)[],
): readonly Finding[] {
  if (deleteAfterMs === undefined || stages.includes(undefined)) return []
  const stores = stages.flatMap((stage) => (stage?.contract.service === 'media' ? stage.drivers : []))
  if (stores.length > 0 && stores.every(({ use }) => use !== 'twilio')) return []
  const message = 'the pipeline leaves recordings at Twilio, so this deletes the only copy'
  return [{ rule: 'only-copy', path: ['recordings', 'deleteAfter'], at: 'value', message }]
}
