import { type Static, Type } from 'typebox'

const outcomeSchema = Type.Object(
  {
    status: Type.Union([
      Type.Literal('completed'),
      Type.Literal('no_speech'),
      Type.Literal('failed'),
      Type.Literal('cancelled'),
    ]),
    reason: Type.Union([Type.String(), Type.Null()], { description: 'why, where it is not completed' }),
    error: Type.Union([
      Type.Object({ code: Type.String(), message: Type.String(), remedy: Type.String(), stage: Type.String() }),
      Type.Null(),
    ]),
  },
  { additionalProperties: false },
)

/** How a run settled. Decided once, in one commit, and never changed by a final stage. */
export type Outcome = Static<typeof outcomeSchema>
export type OutcomeStatus = Outcome['status']
