import { extname } from 'node:path'
import { findModel, type PretendModel } from './models.ts'
import { Refusal, unknownModel } from './refusal.ts'

/** One upload, as the pretend recogniser sees it. */
export interface Upload {
  readonly fileName: string
  readonly bytes: number
  /** Length of the audio, of WAV only. */
  readonly seconds: number | null
  readonly model: string
  readonly prompt: string | null
  readonly languages: readonly string[]
  readonly keywords: readonly string[]
}

/** What was "heard" in an upload. */
export type Transcripts = (upload: Upload) => string

export interface TranscriptionAnswer {
  readonly upload: Upload
  /** What the client gets: an object for `json`, a string for `text`. */
  answer(text: string): unknown
}

const EXTENSIONS = ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']
const SHORTEST_SECONDS = 0.1

/** Checks a transcription request as OpenAI does; throws a Refusal. */
export async function readTranscription(form: FormData): Promise<TranscriptionAnswer> {
  const file = form.get('file')
  if (!(file instanceof File)) throw new Refusal(400, "Missing required parameter: 'file'.", { param: 'file' })
  const model = modelOf(form)
  const format = formatOf(form, model)
  const seconds = await wavSeconds(file)
  checkAudio(file, seconds, model)
  const hints = hintsOf(form, model)
  const upload: Upload = {
    fileName: file.name,
    bytes: file.size,
    seconds,
    model: model.id,
    prompt: textOf(form, 'prompt'),
    ...hints,
  }
  return { upload, answer: (text) => (format === 'text' ? `${text}\n` : jsonAnswer(text, upload, model)) }
}

function modelOf(form: FormData): PretendModel {
  const id = textOf(form, 'model')
  if (id === null) throw new Refusal(400, 'you must provide a model parameter')
  const model = findModel(id, 'transcription')
  if (model === undefined) throw unknownModel(id)
  return model
}

function formatOf(form: FormData, model: PretendModel): 'json' | 'text' {
  const format = textOf(form, 'response_format') ?? 'json'
  if (format === 'json' || (format === 'text' && model.id === 'whisper-1')) return format
  throw new Refusal(
    400,
    `response_format '${format}' is not compatible with model '${model.id}'. Use 'json' instead.`,
    {
      param: 'response_format',
      code: 'unsupported_value',
    },
  )
}

function checkAudio(file: File, seconds: number | null, model: PretendModel): void {
  if (!EXTENSIONS.includes(extname(file.name).slice(1).toLowerCase())) {
    const formats = EXTENSIONS.map((extension) => `'${extension}'`).join(', ')
    throw new Refusal(400, `Unrecognized file format. Supported formats: [${formats}]`, { param: 'file' })
  }
  if (seconds !== null && seconds < SHORTEST_SECONDS) {
    throw new Refusal(400, 'Audio file is too short. Minimum audio length is 0.1 seconds.', { code: 'audio_too_short' })
  }
  const longest = model.maxAudioSeconds
  if (longest !== undefined && seconds !== null && seconds > longest) {
    const message = `audio duration ${seconds} seconds is longer than ${longest} seconds which is the maximum for this model`
    throw new Refusal(400, message, { code: 'invalid_value' })
  }
}

/** `gpt-transcribe` takes lists, the older models one language. Sending the other's parameter is refused. */
function hintsOf(form: FormData, model: PretendModel): Pick<Upload, 'languages' | 'keywords'> {
  const foreign = model.hints === 'lists' ? ['language'] : ['languages[]', 'keywords[]']
  const sent = foreign.find((name) => form.has(name))
  if (sent !== undefined) {
    const param = sent.replace('[]', '')
    throw new Refusal(400, `Unsupported parameter: '${param}' is not supported with this model.`, {
      param,
      code: 'unsupported_parameter',
    })
  }
  const language = textOf(form, 'language')
  return {
    languages: language === null ? form.getAll('languages[]').map(String) : [language],
    keywords: form.getAll('keywords[]').map(String),
  }
}

function jsonAnswer(text: string, upload: Upload, model: PretendModel): unknown {
  const seconds = Math.ceil(upload.seconds ?? 0)
  if (model.hints === 'lists') {
    const code = upload.languages[0] ?? 'en'
    const languages = text === '' ? [] : [{ code }]
    return { text, languages, usage: { type: 'duration', seconds } }
  }
  const input = seconds * AUDIO_TOKENS_PER_SECOND
  const output = Math.ceil(text.length / CHARACTERS_PER_TOKEN)
  const usage = { type: 'tokens', input_tokens: input, output_tokens: output, total_tokens: input + output }
  return { text, usage: model.id === 'whisper-1' ? { type: 'duration', seconds } : usage }
}

const AUDIO_TOKENS_PER_SECOND = 10
const CHARACTERS_PER_TOKEN = 4

function textOf(form: FormData, name: string): string | null {
  const value = form.get(name)
  return typeof value === 'string' ? value : null
}

const WAV_HEADER_BYTES = 44

/** The length that a plain WAV header promises; null for anything else. */
async function wavSeconds(file: File): Promise<number | null> {
  const header = Buffer.from(await file.slice(0, WAV_HEADER_BYTES).arrayBuffer())
  if (header.length < WAV_HEADER_BYTES || header.toString('latin1', 0, 4) !== 'RIFF') return null
  const bytesPerSecond = header.readUInt32LE(28)
  return bytesPerSecond === 0 ? null : (file.size - WAV_HEADER_BYTES) / bytesPerSecond
}
