import { expect } from 'chai'
import { Type } from 'typebox'
import type { Fault } from '../../../core/pipeline/fault.ts'
import type { PlannedStage } from '../../../core/pipeline/plan.ts'
import { type Given, load, sttDriver } from './drivers.ts'

const STORE = '  - { stage: recording-store, use: filesystem }\n'

/** The faults of a pipeline whose stages begin with a recording-store, each as `line:column rule path`. */
async function faultsOf(rest: string, given?: Given): Promise<readonly string[]> {
  const { faults } = await load(`version: 1\nstages:\n${STORE}${rest}`, given)
  return faults.map(brief)
}

const brief = ({ line, column, rule, path }: Fault): string => `${line}:${column} ${rule} ${path}`

async function sttStage(options: string, given?: Given): Promise<PlannedStage> {
  const { plan, faults } = await load(
    `version: 1\nstages:\n${STORE}  - { stage: stt, use: openai, with: ${options} }`,
    given,
  )
  expect(faults).to.deep.equal([])
  const stage = plan?.stages[1]
  if (stage === undefined) throw new Error('there is no second stage')
  return stage
}

describe('loadPipeline', () => {
  it('plans a pipeline without faults', async () => {
    const { plan, spec, faults } = await load(`version: 1\nstages:\n${STORE}  - { stage: stt, use: openai }`)
    expect(faults).to.deep.equal([])
    expect(plan?.stages.map(({ id, dependsOn }) => [id, dependsOn])).to.deep.equal([
      ['recording-store', []],
      ['stt', ['recording-store']],
    ])
    expect(plan?.spec).to.equal(spec)
  })

  it('reports everything at once, in the order of the file', async () => {
    const text = [
      'version: 2',
      'stages:',
      '  - stage: recording-store',
      '    use: filesytem',
      '    timeout: 15 minutes',
      '  - stage: stt',
      '    use: openai',
      '    with:',
      '      langauge: he',
      '      slice: many',
      '    optinal: true',
      '  - stage: sumarize',
      '    use: openai',
    ].join('\n')
    const { plan, faults } = await load(text)
    expect(plan).to.equal(undefined)
    expect(faults.map(brief)).to.deep.equal([
      '1:10 unsupported-version version',
      '4:10 unknown-driver stages[0].use',
      '5:14 bad-duration stages[0].timeout',
      '9:7 unknown-option stages[1].with.langauge',
      '10:14 invalid-option stages[1].with.slice',
      '11:5 unknown-key stages[1].optinal',
      '12:12 unknown-stage stages[2].stage',
    ])
    expect(faults.map(({ suggestion }) => suggestion)).to.deep.equal([
      undefined,
      'filesystem',
      undefined,
      'language',
      undefined,
      'optional',
      'summarize',
    ])
  })

  describe('the file', () => {
    for (const [what, text, expected] of [
      ['an empty file', '', ['1:1 missing-key version', '1:1 missing-key stages']],
      ['a file that is a list', '- a', ['1:1 wrong-type ']],
      ['a text for stages', 'version: 1\nstages: all', ['2:9 wrong-type stages']],
      ['no stages', 'version: 1\nstages: []', ['2:9 no-stages stages']],
      ['a stage that is a word', 'version: 1\nstages: [stt]', ['2:10 wrong-type stages[0]']],
      ['a stage without a driver', 'version: 1\nstages: [{ stage: stt }]', ['2:10 missing-key stages[0].use']],
      [
        'an empty plugins key',
        'version: 1\nplugins:\nstages: [{ stage: recording-store, use: filesystem }]',
        ['2:9 wrong-type plugins'],
      ],
    ] as const) {
      it(`refuses ${what}`, async () => {
        expect((await load(text)).faults.map(brief)).to.deep.equal(expected)
      })
    }

    it('refuses names that climb out of a folder', async () => {
      expect(await faultsOf('  - { stage: ../stt, use: openai }')).to.include('4:14 bad-name stages[1].stage')
      expect(await faultsOf('  - { stage: stt, use: ../../secret }')).to.include('4:24 bad-name stages[1].use')
      expect(await faultsOf('  - { stage: stt, use: openai, id: A B }')).to.deep.equal(['4:36 bad-name stages[1].id'])
    })
  })

  describe('durations', () => {
    for (const bad of ['15', '15 m', '1.5h', '2w', '-1s', '0s', '999h', '99999999999999999999ms', '""']) {
      it(`refuses ${bad}`, async () => {
        expect(await faultsOf(`  - { stage: stt, use: openai, timeout: ${bad} }`)).to.deep.equal([
          '4:41 bad-duration stages[1].timeout',
        ])
      })
    }

    it('are milliseconds in the plan', async () => {
      const { plan } = await load(
        `version: 1\nstages:\n${STORE}  - { stage: stt, use: openai, timeout: 2h, retry: { attempts: 3, delay: 500ms, maxDelay: 15m } }`,
      )
      expect(plan?.stages[1]?.drivers[0]).to.deep.include({
        timeoutMs: 7_200_000,
        retry: { attempts: 3, delayMs: 500, maxDelayMs: 900_000 },
      })
    })

    it('refuse a delay beyond the longest delay', async () => {
      expect(await faultsOf('  - { stage: stt, use: openai, retry: { delay: 2m, maxDelay: 5s } }')).to.deep.equal([
        '4:48 bad-retry stages[1].retry.delay',
      ])
    })
  })

  describe('variables', () => {
    it('are expanded in options, and stay as they are written in the spec', async () => {
      const given = { environment: { KEY: 'sk-"quoted" # and: more\n' } }
      const { plan, spec } = await load(
        `version: 1\nstages:\n${STORE}  - { stage: stt, use: openai, with: { apiKey: "\${KEY}" } }`,
        given,
      )
      expect(plan?.stages[1]?.drivers[0].options['apiKey']).to.equal(given.environment.KEY)
      expect(spec?.stages[1]?.with).to.deep.equal({ apiKey: '${KEY}' })
    })

    it('are expanded in keys of the pipeline too, and read as what the key wants', async () => {
      const { spec } = await load(
        `version: 1\nstages:\n${STORE}  - { stage: stt, use: "\${STT:-openai}", concurrency: "\${N}", optional: "\${O}", timeout: "\${T:-5s}" }`,
        { environment: { N: '4', O: 'true' } },
      )
      expect(spec?.stages[1]).to.deep.include({ use: 'openai', concurrency: 4, optional: true, timeoutMs: 5_000 })
    })

    it('are read as the numbers that an option wants; what was written as text is not', async () => {
      expect((await sttStage('{ slice: "${N:-30}" }')).drivers[0].options['slice']).to.equal(30)
      expect(await faultsOf('  - { stage: stt, use: openai, with: { slice: "30" } }')).to.deep.equal([
        '4:47 invalid-option stages[1].with.slice',
      ])
    })

    it('are null where they are empty and an option admits null', async () => {
      expect((await sttStage('{ limit: "${N:-}" }')).drivers[0].options['limit']).to.equal(null)
    })

    it('are an error at their place when they are not set', async () => {
      expect(await faultsOf('  - { stage: stt, use: openai, with: { slice: "${N}" } }')).to.deep.equal([
        '4:47 unset-variable stages[1].with.slice',
      ])
      expect(await faultsOf('  - { stage: stt, use: "${STT}" }')).to.deep.equal(['4:24 unset-variable stages[1].use'])
    })

    it('are an error where they are malformed', async () => {
      for (const bad of ['${', '${1}', '${A:?no}', '${A-b}', '${A:-${B}}', '${}']) {
        expect(await faultsOf(`  - { stage: stt, use: openai, with: { model: '${bad}' } }`), bad).to.deep.equal([
          '4:47 bad-variable stages[1].with.model',
        ])
      }
    })

    it('do not show their value in messages', async () => {
      const { faults } = await load(
        `version: 1\nstages:\n${STORE}  - { stage: stt, use: openai, with: { slice: "\${KEY}", mode: "\${KEY}" }, timeout: "\${KEY}" }`,
        { environment: { KEY: 'hunter2' } },
      )
      expect(faults).to.have.length(3)
      expect(JSON.stringify(faults)).not.to.include('hunter2')
      expect(faults.at(-1)?.message).to.include('what "${KEY}" expands to')
    })
  })

  describe('options', () => {
    it('have their defaults, in which variables are expanded', async () => {
      const { options } = (await sttStage('{}', { environment: { OPENAI_API_KEY: 'sk-1' } })).drivers[0]
      expect(options).to.deep.equal({ apiKey: 'sk-1', model: 'gpt-transcribe', slice: 1200, mode: 'fast' })
    })

    it('that are paths begin at the folder of the file', async () => {
      expect((await sttStage('{ prompt: prompts/he.txt }')).drivers[0].options['prompt']).to.equal(
        '/etc/aftercall/prompts/he.txt',
      )
      expect((await sttStage('{ prompt: /srv/he.txt }')).drivers[0].options['prompt']).to.equal('/srv/he.txt')
      expect((await sttStage('{ prompt: "${PROMPT:-}" }')).drivers[0].options['prompt']).to.equal('')
    })

    it('without a default must be given', async () => {
      expect(await faultsOf('  - { stage: stt, use: openai }\n  - { stage: extract, use: openai }')).to.deep.equal([
        '5:5 missing-option stages[2].with.fields',
      ])
    })

    it('say what they admit, with the value as it is written', async () => {
      const { faults } = await load(
        `version: 1\nstages:\n${STORE}  - { stage: stt, use: openai, with: { slice: 0, mode: exakt, limit: soon } }`,
      )
      expect(faults.map(({ message, suggestion }) => [message, suggestion])).to.deep.equal([
        ['slice must be a whole number, at least 1, not 0', undefined],
        ['mode must be "fast" or "exact", not "exakt"', 'exact'],
        ['limit must be a whole number or null, not "soon"', undefined],
      ])
    })

    it('that resemble none are answered with those that there are', async () => {
      const messageOf = async (stage: string) =>
        (await load(`version: 1\nstages:\n${STORE}  - ${stage}`)).faults[0]?.message
      expect(await messageOf('{ stage: webhook, use: http, with: { address: x } }')).to.equal(
        'webhook/http has no option "address"; there are url, secret',
      )
      expect(await messageOf('{ stage: transcode, use: ffmpeg, with: { address: x } }')).to.equal(
        'transcode/ffmpeg has no option "address"; there are none',
      )
    })

    it('whose default needs an unset variable are an error only where they are left out', async () => {
      const drivers = {
        'stt/strict': sttDriver(
          Type.Object({ key: Type.String({ default: '${STRICT_KEY}' }) }, { additionalProperties: false }),
        ),
      }
      expect(await faultsOf('  - { stage: stt, use: strict }', { drivers })).to.deep.equal([
        '4:5 unset-variable stages[1].with.key',
      ])
      expect(await faultsOf('  - { stage: stt, use: strict, with: { key: a } }', { drivers })).to.deep.equal([])
    })

    it('of a driver whose schema is itself wrong are the fault of the driver', async () => {
      const drivers = {
        'stt/odd': sttDriver(
          Type.Object({ a: Type.String({ format: 'no-such-format' }) }, { additionalProperties: false }),
        ),
      }
      expect(await faultsOf('  - { stage: stt, use: odd }', { drivers })).to.deep.equal([
        '4:24 broken-driver stages[1].use',
      ])
    })
  })

  describe('the stages together', () => {
    const STT = '  - { stage: stt, use: openai }\n'

    it('must have unique ids', async () => {
      expect(await faultsOf('  - { stage: webhook, use: http }\n  - { stage: webhook, use: http }')).to.deep.equal([
        '5:14 duplicate-id stages[2].stage',
      ])
      expect(
        await faultsOf('  - { stage: webhook, use: http }\n  - { stage: webhook, use: http, id: second }'),
      ).to.deep.equal([])
    })

    it('must produce what a stage needs above it', async () => {
      expect(await faultsOf(`  - { stage: summarize, use: openai }\n${STT}`)).to.deep.equal([
        '4:14 missing-input stages[1].stage',
      ])
    })

    it('are not blamed for what an unknown stage above may have produced', async () => {
      expect(await faultsOf('  - { stage: sst, use: openai }\n  - { stage: summarize, use: openai }')).to.deep.equal([
        '4:14 unknown-stage stages[1].stage',
      ])
    })

    it('have one producer of an artifact, unless the second consumes what it replaces', async () => {
      expect(await faultsOf(`${STT}  - { stage: stt, use: openai, id: again }`)).to.deep.equal([
        '5:14 two-producers stages[2].stage',
      ])
      expect(await faultsOf(`${STT}  - { stage: redact, use: patterns }`)).to.deep.equal([])
    })

    it('do not need what only a final stage produces', async () => {
      const rest = '  - { stage: feel, use: words }\n  - { stage: alarm, use: bell }\n  - { stage: hearing, use: ear }'
      expect(await faultsOf(STT + rest)).to.deep.equal(['7:14 final-input stages[4].stage'])
    })

    it('warn of a fallback that repeats, and of a final stage that is optional', async () => {
      const { plan, faults } = await load(
        `version: 1\nstages:\n${STORE}  - { stage: stt, use: openai, fallback: [{ use: openai }] }\n  - { stage: webhook, use: http, optional: true }`,
      )
      expect(plan).not.to.equal(undefined)
      expect(faults.map(({ severity, rule }) => [severity, rule])).to.deep.equal([
        ['warning', 'repeated-fallback'],
        ['warning', 'optional-final'],
      ])
    })
  })
})
