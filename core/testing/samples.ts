import { artifactReader } from '../contracts/erased.ts'
import type {
  AnyArtifact,
  ArtifactReader,
  Call,
  FinalInput,
  Outcome,
  Recording,
  Transcript,
  ValueOf,
} from '../contracts/index.ts'

/** An inbound call with a dual-channel recording of 30 seconds, no business known. */
export function sampleCall(overrides: Partial<Call> = {}): Call {
  return {
    callSid: 'CA0123456789abcdef0123456789abcdef',
    accountSid: 'AC0123456789abcdef0123456789abcdef',
    recordingSid: 'RE0123456789abcdef0123456789abcdef',
    direction: 'inbound',
    from: '+97241234567',
    to: '+97231234567',
    source: 'twilio',
    file: null,
    channels: 2,
    durationSec: 30,
    startedAt: '2026-11-20T10:00:00.000Z',
    endedAt: '2026-11-20T10:00:30.000Z',
    business: null,
    ...overrides,
  }
}

export function sampleBusiness(overrides: Partial<NonNullable<Call['business']>> = {}): NonNullable<Call['business']> {
  return {
    id: 'business-1',
    name: 'Haifa Handymen',
    language: null,
    vocabulary: {},
    webhookUrl: null,
    webhookSecret: null,
    ...overrides,
  }
}

/** A WAV recording; with `fileMedia()` its `key` is the path of the file. */
export function sampleRecording(overrides: Partial<Recording> = {}): Recording {
  return {
    store: 'test',
    key: '/nowhere.wav',
    url: 'https://example.com/recording',
    mediaType: 'audio/wav',
    extension: '.wav',
    bytes: null,
    sha256: null,
    durationSec: 30,
    channels: 2,
    ...overrides,
  }
}

/** A caller in Haifa who needs a plumber. */
export function sampleTranscript(overrides: Partial<Transcript> = {}): Transcript {
  return {
    text: 'Agent: Hello, how can I help you?\nCustomer: I need a plumber in Haifa, please.',
    language: 'en',
    segments: [
      { start: 0, end: 2, speaker: 'agent', text: 'Hello, how can I help you?' },
      { start: 2.5, end: 5, speaker: 'customer', text: 'I need a plumber in Haifa, please.' },
    ],
    ...overrides,
  }
}

/** What a final stage gets, for a call that ended well unless `outcome` says otherwise. */
export function sampleFinalInput(
  overrides: Partial<FinalInput> & { readonly call?: Call } = {},
): FinalInput & { readonly call: Call } {
  return {
    call: sampleCall(),
    outcome: sampleOutcome(),
    artifacts: readerOf(),
    usage: {},
    run: { id: 'run-1', stage: 'webhook', decidedAt: '2026-11-20T10:01:00.000Z' },
    ...overrides,
  }
}

export function sampleOutcome(overrides: Partial<Outcome> = {}): Outcome {
  return { status: 'completed', reason: null, error: null, ...overrides }
}

/** Artifacts for a final stage: `readerOf([transcript, sampleTranscript()], …)`. */
export function readerOf<A extends readonly AnyArtifact[]>(
  ...values: { readonly [K in keyof A]: readonly [A[K], ValueOf<A[K]>] }
): ArtifactReader {
  return artifactReader(new Map(values.map(([artifact, value]) => [artifact.name, value])))
}
