/** How calls are answered and recorded: `twilio:` of pipeline.yaml, defaults filled in. */
export interface VoiceSettings {
  readonly announcement: Announcement | null
  readonly handling: Handling
  /** What starts the recording. `none`: not we (`<Record>` of a voicemail is a recording by itself). */
  readonly recording: 'dial' | 'start' | 'rest' | 'none'
  /** Whether live audio of both tracks is sent to /twilio/stream. */
  readonly stream: boolean
}

export interface Announcement {
  readonly text: string
  /** BCP 47, as Twilio knows it: en-US. */
  readonly language: string | null
  readonly voice: string | null
}

/** `none`: another system handles the call, we only listen. */
export type Handling =
  | { readonly kind: 'none' }
  | Dial
  | { readonly kind: 'record'; readonly maxLengthSec: number; readonly beep: boolean; readonly finishOnKey: string }

export interface Dial {
  readonly kind: 'dial'
  /** E.164; null: only businesses with a number of their own are put through. */
  readonly to: string | null
  readonly timeoutSec: number
  /** E.164; null: the caller's. */
  readonly callerId: string | null
}
