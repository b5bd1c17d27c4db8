import { defineArtifact, defineContract, defineDriver, summary, Type, transcript } from 'aftercall'

const sentiment = defineArtifact('sentiment', Type.Object({ score: Type.Number() }))
const contract = defineContract({
  stage: 'sentiment',
  consumes: [transcript],
  optional: [summary],
  produces: sentiment,
})

export default defineDriver(contract, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    async run({ summary }) {
      // expected error: 'summary' is possibly 'undefined'
      return { score: summary.text.length }
    },
  }),
})
