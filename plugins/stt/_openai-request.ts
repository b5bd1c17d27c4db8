import { type AttemptContext, RetryableError } from 'aftercall'
import type { OpenAI } from 'openai'
import type { Provider } from '../_openai/provider.ts'
import type { Piece } from './_pieces.ts'

export interface Hints {
  readonly model: string
  /** BCP 47; null: let the model find out. */
  readonly language: string | null
  readonly prompt: string
  readonly keywords: readonly string[]
}

/** A type alias, because only those count as JSON for `once`. */
export type Answer = {
  readonly text: string
  readonly language: string | null
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.flac': 'audio/flac',
  '.webm': 'audio/webm',
  '.mp4': 'audio/mp4',
  '.m4a': 'audio/mp4',
}

/** One piece to the recogniser. The upload is a buffer: streams are sent chunked, which some servers refuse. */
export async function transcribe(
  provider: Provider,
  piece: Piece,
  hints: Hints,
  { signal, usage }: Pick<AttemptContext, 'signal' | 'usage'>,
): Promise<Answer> {
  const bytes = await piece.read()
  const name = `${piece.track.speaker}-${piece.index + 1}${piece.extension}`
  const answer = await provider.request(signal, async (client, toFile) => {
    const file = await toFile(bytes, name, { type: MEDIA_TYPES[piece.extension] ?? 'application/octet-stream' })
    return await client.audio.transcriptions.create({ ...parameters(hints), file, response_format: 'json' }, { signal })
  })
  const { text, languages, usage: used } = answer
  const seconds = piece.slice.endSec - piece.slice.startSec
  usage({
    model: hints.model,
    audioSeconds: used?.type === 'duration' ? used.seconds : seconds,
    ...(used?.type === 'tokens' && { inputTokens: used.input_tokens, outputTokens: used.output_tokens }),
  })
  if (typeof text !== 'string') {
    throw new RetryableError('the provider answered no text', { code: 'provider-answer' })
  }
  return { text: isEcho(text, hints) ? '' : text, language: languages?.[0]?.code ?? null }
}

/** `gpt-transcribe` takes lists of languages and keywords; its elders one language, and keywords within the prompt. */
function parameters(hints: Hints): Omit<OpenAI.Audio.TranscriptionCreateParamsNonStreaming<'json'>, 'file'> {
  const { model, keywords } = hints
  const language = hints.language === null ? undefined : primaryLanguage(hints.language)
  if (model.startsWith('gpt-transcribe')) {
    return {
      model,
      ...(hints.prompt !== '' && { prompt: hints.prompt }),
      ...(language !== undefined && { languages: [language] }),
      ...(keywords.length > 0 && { keywords: [...keywords] }),
    }
  }
  const prompt = promptWithKeywords(hints)
  return { model, ...(prompt !== '' && { prompt }), ...(language !== undefined && { language }) }
}

function promptWithKeywords({ prompt, keywords }: Hints): string {
  return [prompt, keywords.join(', ')].filter((part) => part !== '').join(' ')
}

/** ISO 639, as providers want it: `he` of `he-IL`. What is no language tag is left out rather than sent. */
function primaryLanguage(tag: string): string | undefined {
  try {
    return new Intl.Locale(tag).language
  } catch {
    return undefined
  }
}

/** Where there is nothing to hear, models repeat what they were told to expect. */
function isEcho(text: string, hints: Hints): boolean {
  const heard = letters(text)
  return heard !== '' && [hints.prompt, promptWithKeywords(hints)].some((prompt) => letters(prompt) === heard)
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}
