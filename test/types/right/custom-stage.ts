import { defineArtifact, defineContract, defineDriver, summary, Type, transcript } from 'aftercall'

export const sentiment = defineArtifact('sentiment', Type.Object({ score: Type.Number() }), {
  columns: (value) => ({ extraction: { sentiment: value.score } }),
})

export const contract = defineContract({
  stage: 'sentiment',
  consumes: [transcript],
  optional: [summary],
  produces: sentiment,
})

export default defineDriver(contract, {
  description: 'counts words',
  options: Type.Object({ floor: Type.Number({ default: -1 }) }, { additionalProperties: false }),
  create: ({ floor }, services) => ({
    async run({ call, transcript, summary }, { signal, once, logger }) {
      signal.throwIfAborted()
      logger.child({ callSid: call.callSid }).debug('counting')
      const words = await once('words', async () => transcript.text.split(' ').length)
      return { score: Math.max(floor, words - (summary?.text.length ?? 0)) }
    },
    async check() {
      services.logger.info('ready')
    },
  }),
})
