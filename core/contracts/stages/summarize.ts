import { summary } from '../artifacts/summary.ts'
import { transcript } from '../artifacts/transcript.ts'
import { defineContract } from '../contract.ts'

/**
 * summarize: what the call was about, in a few sentences.
 *
 * A driver says nothing that the transcript does not say, keeps every number, and writes in the business's language,
 * else in the configured one, else in that of the call.
 */
export const summarize = defineContract({
  stage: 'summarize',
  description: 'Summarises the call',
  consumes: [transcript],
  produces: summary,
})
