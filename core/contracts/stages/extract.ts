import { fields } from '../artifacts/fields.ts'
import { transcript } from '../artifacts/transcript.ts'
import { defineContract } from '../contract.ts'

/**
 * extract: the fields that the owner declared.
 *
 * A driver returns one entry per declared field. What was not found, or what it could not make sense of, is an entry
 * with `value: null` (and a `problem`), and never voids another field. A closed vocabulary admits its own words only.
 * `call.business.vocabulary` adds words to the option's.
 */
export const extract = defineContract({
  stage: 'extract',
  description: 'Extracts city, service and whatever else is declared',
  consumes: [transcript],
  produces: fields,
  produced: (value) =>
    `Extracted: service='${value.values['service']?.value ?? ''}', city='${value.values['city']?.value ?? ''}'`,
})
