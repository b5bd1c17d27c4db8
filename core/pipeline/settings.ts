import type { VoiceSettings } from '../contracts/voice-settings.ts'
import type { Finding } from './finding.ts'
import { isMapping } from './path.ts'
import type { PlannedStage } from './plan.ts'
import {
  KEPT_FOR_GOOD,
  onlyCopyFindings,
  type RecordingsSettings,
  recordingsSettings,
  type SyncSettings,
  syncSettings,
  USUAL_SYNC,
} from './recordings-settings.ts'
import { NO_HANDLING, twilioSettings } from './twilio-settings.ts'

/**
 * What pipeline.yaml says of the installation instead of its stages. Runs do not keep it: a change applies at the
 * next start, to calls of any age.
 */
export interface Settings {
  readonly twilio: VoiceSettings
  readonly recordings: RecordingsSettings
  readonly sync: SyncSettings
}

/** Those of a pipeline.yaml that has stages only. */
export const DEFAULT_SETTINGS: Settings = { twilio: NO_HANDLING, recordings: KEPT_FOR_GOOD, sync: USUAL_SYNC }

/** Reads what has the right shape and leaves out the rest, which `checkFile` has reported. */
export function settingsOf(value: unknown, findings: Finding[]): Settings {
  const file = isMapping(value) ? value : {}
  return {
    twilio: twilioSettings(file['twilio'], findings),
    recordings: recordingsSettings(file['recordings'], findings),
    sync: syncSettings(file['sync'], findings),
  }
}

/** What of the settings does not go together with the stages. */
export function settingsFindings(
  { recordings }: Settings,
  stages: readonly (PlannedStage | undefined)[],
): readonly Finding[] {
  return onlyCopyFindings(recordings, stages)
}
