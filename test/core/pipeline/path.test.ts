import { expect } from 'chai'
import fc from 'fast-check'
import { formatPath, fromPointer, toPointer, valueAt } from '../../../core/pipeline/path.ts'

describe('a path', () => {
  it('is written as people write it, and quotes what is no plain word', () => {
    expect(formatPath(['stages', 2, 'with', 'langauge'])).to.equal('stages[2].with.langauge')
    expect(formatPath(['with', 'a b', 'עיר', '', 'x.y'])).to.equal('with["a b"].עיר[""]["x.y"]')
    expect(formatPath([])).to.equal('')
  })

  it('comes back from a JSON pointer as it was, whatever the keys', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('/', '~', '~1', '0', '__proto__', 'length'), fc.nat(3))),
        (path) => {
          const value = path.reduceRight<unknown>((inner, part) => {
            if (typeof part === 'number') return Array.from({ length: 4 }, () => inner)
            return Object.fromEntries([[part, inner]])
          }, 'leaf')
          expect(fromPointer(toPointer(path), value)).to.deep.equal(path)
          expect(valueAt(value, path)).to.equal('leaf')
        },
      ),
    )
  })

  it('leads nowhere where there is nothing, not into what objects have by birth', () => {
    expect(valueAt({ a: [1] }, ['a', 5])).to.equal(undefined)
    expect(valueAt({}, ['constructor', 'name'])).to.equal(undefined)
    expect(valueAt('text', ['length'])).to.equal(undefined)
  })
})
