import { expect } from 'chai'
import fc from 'fast-check'
import { expandText, expandValue } from '../../../core/pipeline/variables.ts'

const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,5}$/)
const plain = fc.string({ maxLength: 10 }).filter((text) => !text.includes('$') && !text.includes('}'))
const reference = fc
  .tuple(name, fc.option(plain))
  .map(([variable, preset]) => (preset === null ? `\${${variable}}` : `\${${variable}:-${preset}}`))

describe('expandText', () => {
  it('takes the default where a variable is unset or empty, as a shell does', () => {
    expect(expandText('${A:-x}', {})).to.equal('x')
    expect(expandText('${A:-x}', { A: '' })).to.equal('x')
    expect(expandText('${A:-}', {})).to.equal('')
    expect(expandText('${A}', { A: '' })).to.equal('')
    expect(expandText('<${A}${B:-b}>', { A: 'a' })).to.equal('<ab>')
  })

  it('does not look into what a variable holds', () => {
    expect(expandText('${A}', { A: '${B} $1 $& ${' })).to.equal('${B} $1 $& ${')
  })

  it('does not take what objects have by birth for variables', () => {
    expect(expandText('${constructor}', {})).to.deep.equal({ kind: 'unset', name: 'constructor' })
  })

  it('leaves a dollar alone that begins no variable', () => {
    expect(expandText('$5, $A and $$', { A: 'a' })).to.equal('$5, $A and $$')
  })

  it('either expands everything or names a problem: no "${" is left over', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(reference, plain, fc.constantFrom('$', '{', '}', '${', ':-')), { maxLength: 12 }),
        fc.dictionary(name, plain),
        (parts, environment) => {
          const result = expandText(parts.join(''), environment)
          if (typeof result === 'string') expect(result).not.to.include('${')
          else expect(result.kind).to.be.oneOf(['unset', 'malformed'])
        },
      ),
    )
  })

  it('puts together what stands between the variables, unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(plain, name, plain)), (parts) => {
        const environment = Object.fromEntries(parts.map(([, variable, value]) => [variable, value]))
        const text = parts.map(([before, variable]) => `${before}\${${variable}}`).join('')
        expect(expandText(text, environment)).to.equal(
          parts.map(([before, variable]) => before + environment[variable]).join(''),
        )
      }),
    )
  })
})

describe('expandValue', () => {
  it('expands texts at any depth, and no keys', () => {
    const { value, expanded } = expandValue({ '${A}': [{ x: '${A}', y: 1, z: 'a' }] }, { A: 'a' })
    expect(value).to.deep.equal({ '${A}': [{ x: 'a', y: 1, z: 'a' }] })
    expect([...expanded]).to.deep.equal(['/${A}/0/x'])
  })

  it('leaves the given value as it was', () => {
    const given = Object.freeze({ x: Object.freeze(['${A}']) })
    expandValue(given, { A: 'a' })
    expect(given.x).to.deep.equal(['${A}'])
  })

  it('names every problem with its path', () => {
    expect(expandValue({ a: '${A}', b: ['${'] }, {}).problems).to.deep.equal([
      { kind: 'unset', name: 'A', path: ['a'] },
      { kind: 'malformed', text: '${', path: ['b', 0] },
    ])
  })
})
