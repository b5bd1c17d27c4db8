import { expect } from 'chai'
import { Type } from 'typebox'
import { defineArtifact, defineContract, defineDriver, stt, summary } from '../../../core/contracts/index.ts'
import { RULES, type RuleId } from '../../../core/pipeline/rules.ts'
import { type Given, load, storeDriver, sttDriver } from './drivers.ts'

const closed = { additionalProperties: false } as const
const none = Type.Object({}, closed)
const run = async (): Promise<never> => Promise.reject(new Error('planning runs no driver'))

const stages = (...lines: readonly string[]): string =>
  `version: 1\nstages:\n  - { stage: recording-store, use: filesystem }\n${lines.map((line) => `  - ${line}\n`).join('')}`

const speech = '{ stage: stt, use: openai }'

/** For each rule a pipeline that breaks this one and no other: no rule is there that nothing can break. */
const BREAKS: Readonly<Record<RuleId, readonly [text: string, given?: Given]>> = {
  'too-large': ['#'.repeat(300_000)],
  syntax: ['stages: [}'],
  'too-deep': ['['.repeat(50)],
  'duplicate-key': [stages('{ stage: stt, use: openai, use: openai }')],
  'no-alias': ['version: &v 1\nstages: [{ stage: *v, use: x }]'],
  'unknown-key': [stages('{ stage: stt, use: openai, whit: {} }')],
  'missing-key': ['stages: [{ stage: recording-store, use: filesystem }]'],
  'wrong-type': [stages('{ stage: stt, use: openai, with: [] }')],
  'invalid-value': [stages('{ stage: stt, use: openai, concurrency: 0 }')],
  'unsupported-version': ['version: 2\nstages: [{ stage: recording-store, use: filesystem }]'],
  'no-stages': ['version: 1\nstages: []'],
  'bad-name': [stages('{ stage: stt, use: openai, id: Speech To Text }')],
  'bad-duration': [stages('{ stage: stt, use: openai, timeout: 15 }')],
  'bad-retry': [stages('{ stage: stt, use: openai, retry: { delay: 5m, maxDelay: 5s } }')],
  'no-such-recording': [`${stages()}twilio: { handling: record, recording: start }`],
  'unused-key': [`${stages()}twilio: { handling: none, record: { beep: false } }`],
  'dial-nowhere': [`${stages()}twilio: { handling: dial }`],
  'unset-variable': [stages('{ stage: stt, use: openai, with: { model: "${MODEL}" } }')],
  'bad-variable': [stages('{ stage: stt, use: openai, with: { model: "${MODEL" } }')],
  'plugin-not-found': [
    `plugins: [./nowhere]\n${stages()}`,
    { plugins: [{ kind: 'plugin-not-found', plugin: './nowhere', message: 'there is no folder' }] },
  ],
  'plugin-conflict': [
    `plugins: [./mine]\n${stages()}`,
    { plugins: [{ kind: 'plugin-conflict', plugin: './mine', message: 'stt/openai exists twice' }] },
  ],
  'unknown-stage': [stages('{ stage: sst, use: openai }')],
  'unknown-driver': [stages('{ stage: stt, use: opnai }')],
  'broken-driver': [
    stages('{ stage: stt, use: odd }'),
    { drivers: { 'stt/odd': sttDriver(Type.Object({ a: Type.String({ format: 'none-such' }) }, closed)) } },
  ],
  'unknown-option': [stages('{ stage: stt, use: openai, with: { langauge: he } }')],
  'missing-option': [stages(speech, '{ stage: extract, use: openai }')],
  'invalid-option': [stages('{ stage: stt, use: openai, with: { slice: 0 } }')],
  'duplicate-id': [stages('{ stage: webhook, use: http }', '{ stage: webhook, use: http }')],
  'missing-input': [stages('{ stage: summarize, use: openai }')],
  'final-input': [
    stages(speech, '{ stage: feel, use: words }', '{ stage: alarm, use: bell }', '{ stage: hearing, use: ear }'),
  ],
  'two-producers': [stages(speech, '{ stage: stt, id: again, use: openai }')],
  'artifact-conflict': [
    stages(speech, '{ stage: summarize, use: openai }', '{ stage: other, use: one }'),
    {
      drivers: {
        'other/one': defineDriver(
          defineContract({
            stage: 'other',
            consumes: [defineArtifact('summary', Type.Object({ words: Type.Integer() }))],
            produces: defineArtifact('other', Type.Object({})),
          }),
          { options: none, create: () => ({ run }) },
        ),
      },
    },
  ],
  'fallback-contract': [
    stages('{ stage: stt, use: openai, fallback: [{ use: other }] }'),
    {
      drivers: {
        'stt/other': defineDriver(defineContract({ stage: 'stt', consumes: stt.consumes, produces: summary }), {
          options: none,
          create: () => ({ run }),
        }),
      },
    },
  ],
  'repeated-fallback': [stages('{ stage: stt, use: openai, fallback: [{ use: openai }] }')],
  'optional-final': [stages('{ stage: webhook, use: http, optional: true }')],
  'only-copy': [
    'version: 1\nrecordings: { deleteAfter: 24h }\nstages: [{ stage: recording-store, use: twilio }]',
    { drivers: { 'recording-store/twilio': storeDriver } },
  ],
}

describe('the rules of pipeline.yaml', () => {
  for (const [rule, [text, given]] of Object.entries(BREAKS)) {
    it(`${rule} is what its own fault is called, and nothing else is wrong`, async () => {
      const { plan, faults } = await load(text, given)
      expect([...new Set(faults.map((fault) => fault.rule))], JSON.stringify(faults)).to.deep.equal([rule])
      expect(plan === undefined).to.equal(faults[0]?.severity === 'error')
    })
  }

  it('each have a remedy that is a sentence', () => {
    for (const [rule, { remedy, about }] of Object.entries(RULES)) {
      expect(remedy, rule).to.match(/^[A-Z`$].*\.$/)
      expect(about, rule).to.match(/\.$/)
    }
  })

  it('name the stages that would produce what is missing', async () => {
    const { faults } = await load(BREAKS['missing-input'][0])
    expect(faults[0]?.message).to.equal('this needs "transcript", and no stage above produces it; "stt" would')
  })
})
