import type { Announcement, Dial, Handling, VoiceSettings } from '../../contracts/voice-settings.ts'
import type { RecordingAsk } from '../../store/recording-starts.ts'
import type { VoiceBusiness } from '../../store/voice-business.ts'

/** What is done with one call: the settings, with the wishes of its business. */
export interface VoiceAnswer {
  readonly announcement: Announcement | null
  readonly handling:
    | Exclude<Handling, Dial>
    | (Dial & { readonly to: string })
    /** It was to be put through, and there is no number, or it is the one that was called. */
    | { readonly kind: 'refuse' }
  readonly recording: VoiceSettings['recording']
  readonly stream: boolean
}

/** Decides what to do with a call to the number `called`. The same call has the same answer, however often it is asked for. */
export function answerOf(settings: VoiceSettings, business: VoiceBusiness | null, called: string | null): VoiceAnswer {
  const { handling, recording, stream } = settings
  const announcement = announcementFor(settings.announcement, business)
  if (handling.kind !== 'dial') return { announcement, handling, recording, stream }
  const to = business?.forwardTo ?? handling.to
  // Twilio would call the number that it is answering, again and again.
  if (to === null || to === called) return { announcement: null, handling: { kind: 'refuse' }, recording, stream }
  return { announcement, handling: { ...handling, to }, recording, stream }
}

/** What our answer makes record the call; null: nothing, or a request later on. */
export function recordingAskOf({ handling, recording }: VoiceAnswer): Exclude<RecordingAsk, 'rest'> | null {
  if (handling.kind === 'refuse') return null
  if (handling.kind === 'record') return 'record'
  return recording === 'start' || recording === 'dial' ? recording : null
}

/** A business's own text, in its own language, by a voice that speaks it. */
function announcementFor(given: Announcement | null, business: VoiceBusiness | null): Announcement | null {
  if (business === null || business.announcement === null) return given
  // Twilio wants the country too: `he` would be refused, and the text read as English.
  const isWhole = business.language?.includes('-') === true
  const language = isWhole ? business.language : (given?.language ?? null)
  const voice = language === given?.language ? (given?.voice ?? null) : null
  return { text: business.announcement, language, voice }
}
