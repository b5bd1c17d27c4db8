import { expect } from 'chai'
import { renderFaults } from '../../../core/pipeline/fault-text.ts'
import { load } from './drivers.ts'

async function rendered(text: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { faults } = await load(text, { environment })
  return renderFaults(
    faults.map((fault) => ({ ...fault, file: 'pipeline.yaml' })),
    text,
  )
}

const stage = (rest: string): string =>
  `version: 1\nstages:\n  - stage: recording-store\n    use: filesystem\n  - stage: stt\n    use: openai\n${rest}`

describe('renderFaults', () => {
  it('shows place, rule, path, message, the line with carets, and the remedy', async () => {
    expect(await rendered(stage('    with:\n      langauge: he # Hebrew\n'))).to.equal(
      [
        'pipeline.yaml:8:7  error  unknown-option  stages[1].with.langauge',
        '  stt/openai has no option "langauge"; did you mean "language"?',
        '',
        '  8 │       langauge: he # Hebrew',
        '    │       ^^^^^^^^',
        '  Correct the spelling, or remove it. `aftercall plugins STAGE/DRIVER` lists the options.',
        '',
      ].join('\n'),
    )
  })

  it('says nothing where there are no faults', async () => {
    expect(await rendered(stage(''))).to.equal('')
  })

  it('shows the surroundings of a fault on a very long line', async () => {
    const text = await rendered(
      stage(`    with: { prompt: ${'x'.repeat(500)}, langauge: he, model: ${'y'.repeat(500)} }`),
    )
    const lines = text.split('\n')
    const [excerpt = '', carets = ''] = lines.slice(lines.findIndex((line) => line.includes('│')))
    expect(excerpt.length).to.be.below(140)
    expect(excerpt.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).to.equal('langauge')
  })

  it('stars out secrets that were written down, and keeps the carets right', async () => {
    const text = await rendered(
      stage('    with: { apiKey: "abc-123", secret_token: hunter2, slice: x, url: https://me:pw@host/ }'),
    )
    expect(text).not.to.match(/abc-123|hunter2|me:pw/)
    expect(text).to.include('apiKey: "*******"')
    const lines = text.split('\n')
    const at = lines.findIndex((line) => line.includes('│'))
    const [excerpt = '', carets = ''] = lines.slice(at)
    expect(excerpt.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).to.equal('secret_token')
  })

  it('shows variables as they are written', async () => {
    const text = await rendered(stage('    with: { apiKey: "${KEY}", slice: "${KEY}" }'), { KEY: 'hunter2' })
    expect(text).to.include('apiKey: "${KEY}"').and.not.to.include('hunter2')
  })

  it('does not let the file command the terminal', async () => {
    const text = await rendered(stage('    with: { "lang\\e[31mauge": 1, mode: "\u202Eabc\u009b31m" }'))
    expect(text.replaceAll('\n', '')).not.to.match(/\p{Cc}|\u202e/u)
  })
})
