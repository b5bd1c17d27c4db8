import { type Static, Type } from 'typebox'
import { defineArtifact } from '../artifact.ts'

const transcriptSchema = Type.Object(
  {
    text: Type.String({ minLength: 1, description: 'readable, a line per turn, with speaker labels where known' }),
    language: Type.Union([Type.String(), Type.Null()], { description: 'BCP 47 tag, where known' }),
    segments: Type.Array(
      Type.Object(
        {
          start: Type.Number({ minimum: 0, description: 'seconds from the beginning of the recording' }),
          end: Type.Number({ minimum: 0 }),
          speaker: Type.String({ description: 'customer, agent, or unknown' }),
          text: Type.String(),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

/** What was said, by whom and when. An empty transcript is not a transcript: drivers settle `no_speech` instead. */
export const transcript = defineArtifact('transcript', transcriptSchema, {
  columns: (value, call) => ({
    final_transcript: value.text,
    transcript_language: value.language,
    transcript_source: call.source,
  }),
  saved: (value) => `Saved final_transcript (${value.text.length} chars)`,
})

export type Transcript = Static<typeof transcriptSchema>
export type Segment = Transcript['segments'][number]
