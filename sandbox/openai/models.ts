/** What the pretend OpenAI knows of a model. */
export interface PretendModel {
  readonly id: string
  readonly kind: 'transcription' | 'chat'
  /** When it ends, as `GET /v1/models` tells it; null where nothing is announced. */
  readonly shutdownDate: string | null
  /** Longest audio that one request may carry, seconds. */
  readonly maxAudioSeconds?: number
  /** Whether it is told languages and keywords as lists (`languages[]`), or one `language`. */
  readonly hints?: 'lists' | 'language'
  /** Models that do not reason refuse `reasoning_effort`. */
  readonly reasons?: boolean
}

/** The models of November 2026, with the shutdown dates that OpenAI has announced for them. */
const MODELS: readonly PretendModel[] = [
  { id: 'gpt-transcribe', kind: 'transcription', shutdownDate: null, hints: 'lists' },
  {
    id: 'gpt-4o-transcribe',
    kind: 'transcription',
    shutdownDate: '2027-02-26',
    maxAudioSeconds: 1_400,
    hints: 'language',
  },
  {
    id: 'gpt-4o-mini-transcribe',
    kind: 'transcription',
    shutdownDate: '2027-02-26',
    maxAudioSeconds: 1_400,
    hints: 'language',
  },
  { id: 'whisper-1', kind: 'transcription', shutdownDate: '2027-02-26', hints: 'language' },
  { id: 'gpt-6-luna', kind: 'chat', shutdownDate: null, reasons: true },
  { id: 'gpt-4o-mini', kind: 'chat', shutdownDate: '2027-01-14', reasons: false },
  { id: 'gpt-4.1-mini', kind: 'chat', shutdownDate: '2027-01-14', reasons: false },
]

export function findModel(id: string, kind: PretendModel['kind']): PretendModel | undefined {
  return MODELS.find((model) => model.id === id && model.kind === kind)
}

const CREATED = Date.UTC(2026, 0, 1) / 1_000

/** The answer of `GET /v1/models`. */
export function modelList(): unknown {
  const data = MODELS.map(({ id, shutdownDate }) => ({
    id,
    object: 'model',
    created: CREATED,
    owned_by: 'openai',
    shutdown_date: shutdownDate,
  }))
  return { object: 'list', data }
}
