import { type Static, Type } from 'typebox'
import { defineArtifact } from '../artifact.ts'

const receiptSchema = Type.Object(
  {
    webhookId: Type.String({ description: 'the webhook-id header: the same over retries and crashes' }),
    event: Type.String({ description: 'call.completed, call.failed or call.no_speech' }),
    endpoint: Type.String({ description: 'where it went, without query and credentials' }),
    status: Type.Integer({ description: 'HTTP status of the answer' }),
    answer: Type.String({ description: 'the beginning of the answer, at most 16 KiB' }),
  },
  { additionalProperties: false },
)

/** That an event was delivered, and what was answered. */
export const receipt = defineArtifact('receipt', receiptSchema)

export type Receipt = Static<typeof receiptSchema>
