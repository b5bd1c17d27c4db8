import { type Static, Type } from 'typebox'
import { defineArtifact } from '../artifact.ts'

const speakerSchema = Type.Union([Type.Literal('customer'), Type.Literal('agent'), Type.Literal('unknown')], {
  description: 'customer is the other party whatever the direction; unknown where both are on one track',
})

const audioSchema = Type.Object(
  {
    tracks: Type.Array(
      Type.Object(
        {
          file: Type.String({ description: 'the file of this track' }),
          channel: Type.Union([Type.Integer(), Type.Null()], { description: 'from 0; null where it was not split' }),
          speaker: speakerSchema,
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
    mediaType: Type.String({ description: 'audio/wav after a conversion' }),
    sampleRate: Type.Union([Type.Integer(), Type.Null()], { description: 'Hz; null where nobody looked' }),
    durationSec: Type.Union([Type.Number(), Type.Null()]),
    converted: Type.Boolean({ description: 'true when every track is 16 kHz mono 16-bit PCM WAV' }),
  },
  { additionalProperties: false },
)

/** Audio as speech recognition wants it: one file per speaker, or the recording as it came. A file artifact. */
export const audio = defineArtifact('audio', audioSchema, {
  mapFiles: (value, map) => ({
    ...value,
    tracks: value.tracks.map((track) => ({ ...track, file: map(track.file) })),
  }),
})

export type Audio = Static<typeof audioSchema>
export type AudioTrack = Audio['tracks'][number]
export type Speaker = Static<typeof speakerSchema>
