import type { Finding } from './finding.ts'
import { isMapping } from './path.ts'
import {
  DEFAULT_SYNC,
  KEEP_RECORDINGS,
  type RecordingSettings,
  recordingSettings,
  type SyncSettings,
  syncSettings,
} from './recording-settings.ts'
import { NO_HANDLING, type TwilioSettings, twilioSettings } from './twilio-settings.ts'

/**
 * What pipeline.yaml says of the installation instead of its stages. Runs do not keep it: a change applies at the
 * next start, to calls of any age.
 */
export interface Settings {
  readonly twilio: TwilioSettings
  readonly recordings: RecordingSettings
  readonly sync: SyncSettings
}

/** Those of a pipeline.yaml that has stages only. */
export const DEFAULT_SETTINGS: Settings = { twilio: NO_HANDLING, recordings: KEEP_RECORDINGS, sync: DEFAULT_SYNC }

/** Reads what has the right shape and leaves out the rest, which `checkFile` has reported. */
export function readSettings(value: unknown): { readonly settings: Settings; readonly findings: readonly Finding[] } {
  const file = isMapping(value) ? value : {}
  const findings: Finding[] = []
  const settings = {
    twilio: twilioSettings(file['twilio'], findings),
    recordings: recordingSettings(file['recordings'], findings),
    sync: syncSettings(file['sync'], findings),
  }
  return { settings, findings }
}
