import { Type } from 'typebox'
import { DURATION_PATTERN } from './duration.ts'

/** E.164. Whether there is such a number, only a call can tell. */
export const PHONE_PATTERN = '^\\+[1-9][0-9]{6,14}$'

/** What XML can say, and so TwiML. */
export const SPEECH_PATTERN = '^[\\t\\n\\r -\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]+$'

const closed = { additionalProperties: false } as const

const words = <const Word extends string>(list: readonly Word[], description: string) =>
  Type.Union(
    list.map((word) => Type.Literal(word)),
    { description },
  )

const phone = (description: string) => Type.String({ pattern: PHONE_PATTERN, description })
const duration = (description: string) => Type.String({ pattern: DURATION_PATTERN, description })

const announcementSchema = Type.Object(
  {
    text: Type.String({ pattern: SPEECH_PATTERN, maxLength: 4_096, description: 'What is said.' }),
    language: Type.Optional(
      Type.String({ pattern: '^[a-z]{2,3}(-[A-Za-z0-9]+)*$', description: 'In which language, as en-US or he-IL.' }),
    ),
    voice: Type.Optional(
      Type.String({
        pattern: SPEECH_PATTERN,
        maxLength: 100,
        description: 'By which of Twilio’s voices, as Polly.Joanna.',
      }),
    ),
  },
  { ...closed, description: 'Said to the caller before anything else. A business’s own text wins.' },
)

const dialSchema = Type.Object(
  {
    to: Type.Optional(phone('The number to put calls through to. A business’s own (`--forward-to`) wins.')),
    timeout: Type.Optional(duration('How long it rings there, 5s to 600s; 30s unless given.')),
    callerId: Type.Optional(phone('The number that is shown there, one of your account; else the caller’s.')),
  },
  { ...closed, description: 'How calls are put through: `handling: dial`.' },
)

const recordSchema = Type.Object(
  {
    maxLength: Type.Optional(duration('How long a message may be, 1s to 4h; 2m unless given.')),
    beep: Type.Optional(Type.Boolean({ description: 'Whether a beep says when to speak; true unless given.' })),
    finishOnKey: Type.Optional(
      Type.String({ pattern: '^[0-9*#]*$', maxLength: 12, description: 'Keys that end it; "#" unless given.' }),
    ),
  },
  { ...closed, description: 'How callers leave a message: `handling: record`.' },
)

/** The section `twilio:` of pipeline.yaml. */
export const twilioSchema = Type.Object(
  {
    announcement: Type.Optional(announcementSchema),
    handling: Type.Optional(
      words(
        ['dial', 'record', 'none'],
        'What `/twilio/voice` does with a call: put it through, take a message, or nothing, because another system handles calls; `none` unless given.',
      ),
    ),
    dial: Type.Optional(dialSchema),
    record: Type.Optional(recordSchema),
    recording: Type.Optional(
      words(
        ['dial', 'start', 'rest', 'none'],
        'How the recording starts: with the call that is put through (`<Dial record>`), by `<Start><Recording>`, by a request to Twilio when the call is answered, or not by us; `dial` unless given where calls are put through, else `none`.',
      ),
    ),
    stream: Type.Optional(
      Type.Boolean({ description: 'Whether live audio is sent to `/twilio/stream` too; false unless given.' }),
    ),
  },
  { ...closed, description: 'How calls are answered and recorded.' },
)
