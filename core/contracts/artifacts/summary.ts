import { type Static, Type } from 'typebox'
import { defineArtifact } from '../artifact.ts'

const summarySchema = Type.Object(
  {
    text: Type.String({ minLength: 1 }),
    language: Type.Union([Type.String(), Type.Null()], { description: 'BCP 47 tag, where known' }),
  },
  { additionalProperties: false },
)

export const summary = defineArtifact('summary', summarySchema, {
  columns: (value) => ({ summary: value.text }),
})

export type Summary = Static<typeof summarySchema>
