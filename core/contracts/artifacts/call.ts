import { type Static, Type } from 'typebox'

const nullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

export const callSchema = Type.Object(
  {
    callSid: Type.String({ description: 'CA… of Twilio; of a local file: CA and 32 hex digits of its hash' }),
    accountSid: nullableText('AC… of the account (or subaccount) that the call belongs to'),
    recordingSid: Type.String({ description: 'RE… of the recording that this run is about' }),
    direction: nullableText('inbound, outbound-api or outbound-dial, in Twilio’s words'),
    from: nullableText('the calling number, E.164 where it is one'),
    to: nullableText('the called number, E.164 where it is one'),
    source: Type.Union([Type.Literal('twilio'), Type.Literal('stream'), Type.Literal('file')], {
      description: 'where the recording comes from',
    }),
    file: nullableText('absolute path of a local recording (source `file` or `stream`)'),
    channels: Type.Union([Type.Integer(), Type.Null()], { description: 'channels that were announced' }),
    durationSec: Type.Union([Type.Number(), Type.Null()], {
      description: 'announced length of the recording, seconds',
    }),
    startedAt: nullableText('ISO-8601, UTC'),
    endedAt: nullableText('ISO-8601, UTC'),
    business: Type.Union([
      Type.Object({
        id: Type.String(),
        name: Type.String(),
        language: nullableText('BCP 47 tag of the language spoken with customers'),
        vocabulary: Type.Record(Type.String(), Type.Array(Type.String()), {
          description: 'further vocabulary per extracted field',
        }),
        webhookUrl: nullableText('wins over the pipeline’s'),
        webhookSecret: nullableText('whsec_…, wins over the pipeline’s'),
      }),
      Type.Null(),
    ]),
  },
  { additionalProperties: false },
)

/**
 * What every run knows from the start and every driver gets: ids, numbers, direction, account, source, and the
 * business, whose settings drivers prefer over their own options.
 */
export type Call = Static<typeof callSchema>
export type Business = NonNullable<Call['business']>
