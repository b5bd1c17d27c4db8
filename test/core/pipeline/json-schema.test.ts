import { Ajv } from 'ajv'
import { expect } from 'chai'
import { parse } from 'yaml'
import { pipelineSchema } from '../../../core/pipeline/json-schema.ts'
import { catalogueOf, DRIVERS } from './drivers.ts'

describe('pipelineSchema', () => {
  let admits: (yaml: string) => boolean

  before(async () => {
    const validate = new Ajv({ allErrors: true, strict: false }).compile(await pipelineSchema(catalogueOf(DRIVERS)))
    admits = (yaml) => validate(parse(yaml))
  })

  const stages = (...lines: readonly string[]): string =>
    `version: 1\nstages:\n${lines.map((line) => `  - ${line}\n`).join('')}`

  for (const [what, stage] of [
    ['a stage without options', '{ stage: recording-store, use: filesystem }'],
    ['options that are left out because they have defaults', '{ stage: stt, use: openai, with: { language: he } }'],
    [
      'a variable in the place of any value',
      '{ stage: stt, use: openai, with: { slice: "${N}", mode: "${M}" }, concurrency: "${C}", optional: "${O}", timeout: "${T}" }',
    ],
    ['a variable for the driver', '{ stage: stt, use: "${STT:-openai}" }'],
    [
      'fallbacks with options of their own',
      '{ stage: stt, use: openai, fallback: [{ use: openai, with: { slice: 5 }, timeout: 5s }] }',
    ],
    [
      'options that are mappings of one’s own',
      '{ stage: extract, use: openai, with: { fields: { city: { description: Where, vocabulary: [Haifa] } } } }',
    ],
  ] as const) {
    it(`admits ${what}`, () => {
      expect(admits(stages(stage))).to.equal(true)
    })
  }

  for (const [what, stage] of [
    ['an unknown key', '{ stage: stt, use: openai, optinal: true }'],
    ['an unknown stage', '{ stage: sst, use: openai }'],
    ['the driver of another stage', '{ stage: stt, use: patterns }'],
    ['an unknown option', '{ stage: stt, use: openai, with: { langauge: he } }'],
    [
      'an unknown option of a fallback',
      '{ stage: stt, use: openai, fallback: [{ use: openai, with: { langauge: he } }] }',
    ],
    ['a fallback that is the driver of another stage', '{ stage: stt, use: openai, fallback: [{ use: patterns }] }'],
    ['an option of the wrong kind', '{ stage: stt, use: openai, with: { slice: many } }'],
    ['a missing option', '{ stage: extract, use: openai, with: {} }'],
    ['missing options where one is required', '{ stage: extract, use: openai }'],
    ['a duration without a unit', '{ stage: stt, use: openai, timeout: "15" }'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(admits(stages(stage))).to.equal(false)
    })
  }

  it('refuses another version and a file without stages', () => {
    expect(admits(`${stages('{ stage: recording-store, use: filesystem }').replace('1', '2')}`)).to.equal(false)
    expect(admits('version: 1')).to.equal(false)
    expect(admits('version: 1\nstages: []')).to.equal(false)
  })

  it('knows a driver that cannot be loaded by its name', async () => {
    const catalogue = catalogueOf(DRIVERS)
    const schema = await pipelineSchema({
      ...catalogue,
      find: async (stage, use) =>
        use === 'ffmpeg' ? { kind: 'broken-driver', file: '/x.ts', message: 'no' } : catalogue.find(stage, use),
    })
    const validate = new Ajv({ strict: false }).compile(schema)
    expect(validate(parse(stages('{ stage: transcode, use: ffmpeg, with: { anything: 1 } }')))).to.equal(true)
  })
})
