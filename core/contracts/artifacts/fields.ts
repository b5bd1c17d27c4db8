import { type Static, Type } from 'typebox'
import { defineArtifact } from '../artifact.ts'

const fieldValueSchema = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])

const fieldsSchema = Type.Object(
  {
    values: Type.Record(
      Type.String(),
      Type.Object(
        {
          value: fieldValueSchema,
          raw: Type.Union([Type.String(), Type.Null()], { description: 'the words it was read from' }),
          evidence: Type.Union([Type.String(), Type.Null()], { description: 'a quote from the transcript' }),
          problem: Type.Union([Type.String(), Type.Null()], {
            description: 'why there is no value, where one was expected',
          }),
        },
        { additionalProperties: false },
      ),
      { description: 'one entry per declared field; one that was not found is null and voids no other' },
    ),
  },
  { additionalProperties: false },
)

/** What was extracted. `city` and `service` have columns of their own; everything stands in `extraction`. */
export const fields = defineArtifact('fields', fieldsSchema, {
  columns: (value) => ({
    extracted_city: columnText(value.values['city']?.value),
    extracted_service: columnText(value.values['service']?.value),
    extraction: plainValues(value),
  }),
})

export type Fields = Static<typeof fieldsSchema>
export type FieldValue = Static<typeof fieldValueSchema>

/** The values alone, by field: what the webhook's `fields` and the column `extraction` hold. */
export function plainValues(value: Fields): Record<string, FieldValue> {
  return Object.fromEntries(Object.entries(value.values).map(([name, field]) => [name, field.value]))
}

function columnText(value: FieldValue | undefined): string | null {
  return value === undefined || value === null ? null : String(value)
}
