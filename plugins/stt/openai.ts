import { defineDriver, settle, stt, Type } from 'aftercall'
import { connectionOptions } from '../_openai/connection.ts'
import { openAi } from '../_openai/provider.ts'
import { inParallel } from './_in-parallel.ts'
import { type Hints, transcribe } from './_openai-request.ts'
import { type Piece, piecesOf } from './_pieces.ts'
import { transcriptOf } from './_timeline.ts'
import { tracksOf } from './_tracks.ts'

const options = Type.Object(
  {
    model: Type.String({ default: 'gpt-transcribe', minLength: 1, description: 'Name of the transcription model' }),
    language: Type.String({
      default: '',
      description: 'BCP 47 tag of the language spoken; empty: the model finds out. The business’s own wins',
    }),
    prompt: Type.String({ default: '', description: 'A sentence or two about what the calls are about' }),
    keywords: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Names and words that are hard to guess, as they should be written',
    }),
    maxSliceSec: Type.Integer({
      default: 1_200,
      minimum: 10,
      maximum: 1_400,
      description: 'Seconds of audio per request; longer recordings are cut',
    }),
    parallel: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 32,
      description: 'Requests at a time for one call; each holds its slice in memory',
    }),
    ...connectionOptions,
  },
  { additionalProperties: false },
)

/** OpenAI takes 25 MiB per request; the multipart form around the audio needs a little of it. */
const MAX_UPLOAD_BYTES = 25 * 1024 * 1024 - 64 * 1024

export default defineDriver(stt, {
  description: 'Transcribes with OpenAI or a compatible server, each speaker’s track by itself',
  options,
  create: ({ model, language, prompt, keywords, maxSliceSec, parallel, apiKey, baseUrl }, services) => {
    const provider = openAi({ apiKey, baseUrl })
    const limits = { maxBytes: MAX_UPLOAD_BYTES, maxSec: maxSliceSec }
    return {
      async run(input, { signal, once, usage, logger }) {
        await provider.check()
        const spoken = input.call.business?.language || language || null
        const hints: Hints = { model, language: spoken, prompt, keywords }
        const tracks = await tracksOf(input, services.media, limits.maxBytes, signal)
        const pieces: Piece[] = []
        for (const [index, track] of tracks.entries()) pieces.push(...(await piecesOf(track, index, limits, signal)))
        if (pieces.length === 0) return settle('no_speech', 'nothing is to be heard on the recording')
        logger.debug({ tracks: tracks.length, requests: pieces.length }, 'transcribing')

        const heard = await inParallel(pieces, parallel, signal, async (piece, inner) => {
          const attempt = { signal: inner, usage }
          const answer = await once(keyOf(piece, model), () => transcribe(provider, piece, hints, attempt))
          return { ...answer, ...piece.slice, speaker: piece.track.speaker }
        })
        return transcriptOf(heard, spoken) ?? settle('no_speech', `${model} heard no words`)
      },
      check: () => provider.check(),
      close: () => provider.close(),
    }
  },
})

/** Names the model, so that a fallback does not take over what another one has heard. */
function keyOf({ trackIndex, slice }: Piece, model: string): string {
  return `openai:${model}:track ${trackIndex}:${slice.startSec}-${slice.endSec}`
}
