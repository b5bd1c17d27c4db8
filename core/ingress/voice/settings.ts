/** How calls are answered, as the composition hands it in: `twilio:` of pipeline.yaml. */
export interface VoiceSettings {
  readonly announcement: Announcement | null
  readonly handling: Handling
  /** What starts the recording; `none`: not we. */
  readonly recording: 'dial' | 'start' | 'rest' | 'none'
  /** Whether live audio is sent to /twilio/stream. */
  readonly stream: boolean
}

export interface Announcement {
  readonly text: string
  readonly language: string | null
  readonly voice: string | null
}

/** `none`: another system handles the call, we only listen. Numbers are E.164. */
export type Handling =
  | { readonly kind: 'none' }
  | Dial
  | { readonly kind: 'record'; readonly maxLengthSec: number; readonly beep: boolean; readonly finishOnKey: string }

export interface Dial {
  readonly kind: 'dial'
  readonly to: string | null
  readonly timeoutSec: number
  readonly callerId: string | null
}
