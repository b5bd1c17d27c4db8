import type { Announcement, Handling, VoiceSettings } from '../contracts/voice-settings.ts'
import { durationAt } from './duration-at.ts'
import type { Finding } from './finding.ts'
import { isMapping } from './path.ts'

/** Where pipeline.yaml has no `twilio:`. */
export const NO_HANDLING: VoiceSettings = {
  announcement: null,
  handling: { kind: 'none' },
  recording: 'none',
  stream: false,
}

type Section = Readonly<Record<string, unknown>>

/** Reads the section, and reports what contradicts itself in it. */
export function twilioSettings(value: unknown, findings: Finding[]): VoiceSettings {
  if (!isMapping(value)) return NO_HANDLING
  const handling = handlingOf(value, findings)
  const recording = recordingOf(value['recording']) ?? (handling.kind === 'dial' ? 'dial' : 'none')
  const settings = {
    announcement: announcementOf(value['announcement']),
    handling,
    recording,
    stream: value['stream'] === true,
  }
  findings.push(...contradictions(value, settings))
  return settings
}

function handlingOf(section: Section, findings: Finding[]): Handling {
  const part = (key: string): Section => {
    const value = section[key]
    return isMapping(value) ? value : {}
  }
  const [dial, record] = [part('dial'), part('record')]
  const timeoutSec = seconds(dial, 'dial', 'timeout', [5, 600], findings) ?? 30
  const maxLengthSec = seconds(record, 'record', 'maxLength', [1, 14_400], findings) ?? 120
  switch (section['handling']) {
    case 'dial':
      return { kind: 'dial', to: textOf(dial['to']), timeoutSec, callerId: textOf(dial['callerId']) }
    case 'record':
      return {
        kind: 'record',
        maxLengthSec,
        beep: record['beep'] !== false,
        finishOnKey: textOf(record['finishOnKey']) ?? '#',
      }
    default:
      return { kind: 'none' }
  }
}

/** Whole seconds within Twilio's limits; rounded up, because Twilio knows nothing shorter. */
function seconds(
  section: Section,
  part: string,
  key: string,
  [lowest, highest]: readonly [number, number],
  findings: Finding[],
): number | undefined {
  const milliseconds = durationAt(section, key, ['twilio', part], findings)
  if (milliseconds === undefined) return undefined
  const whole = Math.ceil(milliseconds / 1000)
  if (whole >= lowest && whole <= highest) return whole
  findings.push({
    rule: 'bad-duration',
    path: ['twilio', part, key],
    at: 'value',
    message: `Twilio takes a ${key} of ${lowest} to ${highest} seconds`,
  })
  return undefined
}

function announcementOf(value: unknown): Announcement | null {
  if (!isMapping(value) || typeof value['text'] !== 'string') return null
  return { text: value['text'], language: textOf(value['language']), voice: textOf(value['voice']) }
}

function recordingOf(value: unknown): VoiceSettings['recording'] | undefined {
  return (['dial', 'start', 'rest', 'none'] as const).find((word) => word === value)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function contradictions(section: Section, { handling, recording }: VoiceSettings): readonly Finding[] {
  const findings: Finding[] = []
  const report = (rule: Finding['rule'], key: string, at: Finding['at'], message: string) =>
    findings.push({ rule, path: ['twilio', key], at, message })

  if (recording === 'dial' && handling.kind !== 'dial') {
    report('no-such-recording', 'recording', 'value', 'recording: dial records calls that are put through, and none is')
  }
  if ((recording === 'start' || recording === 'rest') && handling.kind === 'record') {
    report('no-such-recording', 'recording', 'value', `recording: ${recording} would record every message twice`)
  }
  for (const key of ['dial', 'record']) {
    if (key in section && handling.kind !== key) {
      report('unused-key', key, 'key', `${key} is not used, because handling is ${handling.kind}`)
    }
  }
  if (handling.kind === 'dial' && handling.to === null) {
    report(
      'dial-nowhere',
      'handling',
      'value',
      'calls to businesses without a number of their own are put through nowhere',
    )
  }
  return findings
}
