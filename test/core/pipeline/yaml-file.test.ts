import { expect } from 'chai'
import fc from 'fast-check'
import { readYaml } from '../../../core/pipeline/yaml-file.ts'
import { load } from './drivers.ts'

const rulesOf = (text: string) =>
  readYaml(text, 'p.yaml').faults.map(({ line, column, rule }) => `${line}:${column} ${rule}`)

describe('readYaml', () => {
  it('finds the place of keys, values and list entries', () => {
    const { locate } = readYaml('a:\n  - b: "x y"\n    c: [1, 22]\n', 'p.yaml')
    expect(locate(['a', 0, 'b'], 'key')).to.deep.equal({ line: 2, column: 5, endColumn: 6 })
    expect(locate(['a', 0, 'b'], 'value')).to.deep.equal({ line: 2, column: 8, endColumn: 13 })
    expect(locate(['a', 0, 'c', 1], 'value')).to.deep.equal({ line: 3, column: 12, endColumn: 14 })
  })

  it('finds the nearest place above of what is not there', () => {
    const { locate } = readYaml('a:\n  b: 1\n', 'p.yaml')
    expect(locate(['a', 'c', 3, 'd'], 'key')).to.deep.equal({ line: 2, column: 3, endColumn: 7 })
    expect(locate(['zz'], 'value').line).to.equal(1)
  })

  it('reads Windows line ends, a byte order mark and keys that objects have by birth', () => {
    const { value, faults } = readYaml('\uFEFFa: 1\r\n__proto__: { b: 2 }\r\nconstructor: 3\r\n', 'p.yaml')
    expect(faults).to.deep.equal([])
    expect(Object.keys(value as object)).to.deep.equal(['a', '__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['b']).to.equal(undefined)
  })

  for (const [what, text, expected] of [
    ['a syntax error', 'a: 1\nb: [1, 2\n', '3:1 syntax'],
    ['tabs as indentation', 'a:\n\tb: 1\n', '2:1 syntax'],
    ['a second document', 'a: 1\n---\nb: 2\n', '2:1 syntax'],
    ['a tag that nobody knows', 'a: !!js/function "x"\n', '1:4 syntax'],
    ['a key given twice', 'a: 1\nb: 2\na: 3\n', '3:1 duplicate-key'],
    ['an alias', 'a: &x 1\nb: *x\n', '2:4 no-alias'],
    ['a mapping as a key', '{ [1]: 2 }\n', '1:3 wrong-type'],
    ['nesting without end', `a: ${'['.repeat(40)}${']'.repeat(40)}\n`, '1:36 too-deep'],
    [
      'indentation without end',
      Array.from({ length: 40 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      '33:33 too-deep',
    ],
    ['a file beyond 256 KiB', `# ${'x'.repeat(256 * 1024)}`, '1:1 too-large'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(rulesOf(text)[0]).to.equal(expected)
    })
  }

  it('does not repeat a secret that stands in the way', () => {
    const { faults } = readYaml('a: "b" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n', 'p.yaml')
    expect(faults).not.to.deep.equal([])
    expect(JSON.stringify(faults)).not.to.include('MfKQ9r8')
  })

  describe('given a bomb', () => {
    const SIZE = 256 * 1024 - 20
    const bombs: Readonly<Record<string, string>> = {
      'lists in lists': '['.repeat(SIZE),
      'closed lists in lists': '['.repeat(SIZE / 2) + ']'.repeat(SIZE / 2),
      'mappings in mappings': '{a: '.repeat(SIZE / 4),
      'block lists in block lists': '- '.repeat(SIZE / 2),
      'keys as keys': '? '.repeat(SIZE / 2),
      'many keys': Array.from({ length: 25_000 }, (_, index) => `k${index}: 1`).join('\n'),
      'one key, many times': 'a: 1\n'.repeat(SIZE / 5),
      'a billion laughs': `a: &a [1,1]\n${[...'bcdefghijklmnopqrstuvwxyz'].map((name, index) => `${name}: &${name} [*${String.fromCharCode(97 + index)},*${String.fromCharCode(97 + index)}]`).join('\n')}`,
      'many stages': `version: 1\nstages:\n${'  - {stage: stt, use: openai}\n'.repeat(SIZE / 32)}`,
      'many wrong stages': `version: 1\nstages:\n${'  - a\n'.repeat(SIZE / 7)}`,
      'many wrong options': `version: 1\nstages:\n  - {stage: stt, use: openai, with: {mode: [${'1,'.repeat(SIZE / 3)}]}}`,
      'many unknown options': `version: 1\nstages:\n  - {stage: stt, use: openai, with: {${Array.from({ length: 18_000 }, (_, index) => `k${index}: 1`).join(', ')}}}`,
      'one long word': `version: 1\nstages:\n  - {stage: ${'a'.repeat(SIZE / 2)}, use: openai}`,
      'one long variable': `version: 1\nstages:\n  - {stage: stt, use: "${'${A:-'.repeat(SIZE / 8)}"}`,
    }
    for (const [what, text] of Object.entries(bombs)) {
      // The time limit of the test is what makes this one: a squared effort takes minutes.
      it(`answers with faults to ${what}`, async () => {
        const { plan, faults } = await load(text)
        expect(plan).to.equal(undefined)
        expect(faults).not.to.deep.equal([])
      })
    }
  })

  it('never throws, whatever the text', async () => {
    const word = fc.constantFrom(
      'a',
      'version: 1',
      'stages:',
      '\n',
      ' ',
      '  - ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '*a',
      '&a',
      '!t',
      '|',
      '#',
      '? ',
      ': ',
      '${',
      '}',
      '\t',
      '\u0000',
      'stage: stt',
      'use: openai',
      'with:',
      '__proto__:',
      '%',
      '---',
      '<<: ',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
        ),
        async (text) => {
          const { faults } = await load(text)
          for (const { line, column, endColumn } of faults) {
            expect(line).to.be.at.least(1)
            expect(endColumn).to.be.above(column)
          }
        },
      ),
    )
  })

  it('never throws, whatever the data', async () => {
    const key = fc.constantFrom(
      'version',
      'plugins',
      'stages',
      'stage',
      'use',
      'with',
      'fallback',
      'retry',
      'timeout',
      'id',
      'optional',
      'fields',
      '__proto__',
      'x',
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('stt', 'openai', '${A}', '${A:-1}', '15m', 1, true, null),
        fc.string(),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(tree, async (stages) => {
        const { plan, faults } = await load(
          JSON.stringify({ version: 1, stages: [stages, { stage: 'stt', use: 'openai', with: stages }] }),
        )
        expect(plan === undefined).to.equal(faults.some(({ severity }) => severity === 'error'))
      }),
    )
  })
})
