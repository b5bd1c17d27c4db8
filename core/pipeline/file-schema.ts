import { Type } from 'typebox'
import { DURATION_PATTERN } from './duration.ts'
import { recordingsSchema, syncSchema } from './recordings-settings.ts'
import { twilioSchema } from './twilio-schema.ts'

/** Stages, drivers and ids: they become names of folders, of files, and words in logs. */
export const NAME_PATTERN = '^[a-z][a-z0-9-]*$'

/** Far more than anybody needs: they bound the work that a hostile file can cause. */
export const MAX_STAGES = 200
export const MAX_FALLBACKS = 20

const closed = { additionalProperties: false } as const

const duration = (description: string) => Type.String({ pattern: DURATION_PATTERN, description })

const retrySchema = Type.Object(
  {
    attempts: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'Tries in all, the first included.' }),
    ),
    delay: Type.Optional(
      duration(
        'Before the second try; it doubles with every further one, with jitter. A longer `Retry-After` is honoured.',
      ),
    ),
    maxDelay: Type.Optional(duration('The longest that a try waits for its turn.')),
  },
  { ...closed, description: 'How often, and after how long, a failed attempt is tried again.' },
)

const driverKeys = {
  use: Type.String({ pattern: NAME_PATTERN, description: 'The driver: the file `plugins/<stage>/<use>`.' }),
  with: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'The options of the driver: `aftercall plugins STAGE/DRIVER`.',
    }),
  ),
  timeout: Type.Optional(duration('The longest that one attempt may take.')),
  retry: Type.Optional(retrySchema),
}

export const fallbackSchema = Type.Object(driverKeys, closed)

export const KIND_OF_STAGE = 'The kind of stage: the folder `plugins/<stage>`.'

export const stageSchema = Type.Object(
  {
    stage: Type.String({ pattern: NAME_PATTERN, description: KIND_OF_STAGE }),
    ...driverKeys,
    id: Type.Optional(
      Type.String({ pattern: NAME_PATTERN, description: 'The name of this stage, where its kind is used twice.' }),
    ),
    fallback: Type.Optional(
      Type.Array(fallbackSchema, {
        maxItems: MAX_FALLBACKS,
        description: 'What is tried, in turn, when the driver has failed for good. Timeout and retry are inherited.',
      }),
    ),
    optional: Type.Optional(
      Type.Boolean({ description: 'When the stage fails for good, the call completes without it.' }),
    ),
    concurrency: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'Attempts of this stage that one worker runs at a time.',
      }),
    ),
  },
  closed,
)

export const fileSchema = Type.Object(
  {
    version: Type.Literal(1, { description: 'The version of this format.' }),
    plugins: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        maxItems: 100,
        description: 'Further drivers and stages: npm packages, or folders relative to this file.',
      }),
    ),
    stages: Type.Array(stageSchema, {
      minItems: 1,
      maxItems: MAX_STAGES,
      description: 'The stages. One reads only what stands above it.',
    }),
    twilio: Type.Optional(twilioSchema),
    recordings: Type.Optional(recordingsSchema),
    sync: Type.Optional(syncSchema),
  },
  { ...closed, title: 'Aftercall pipeline' },
)
