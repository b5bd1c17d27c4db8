import { expect } from 'chai'
import { Type } from 'typebox'
import { listOptions } from '../../../core/pipeline/option-list.ts'

describe('listOptions', () => {
  it('names options with what they must be, and those within them after them', () => {
    const schema = Type.Object({
      model: Type.String({ default: '${MODEL:-a}', minLength: 1, description: 'which' }),
      mode: Type.Union([Type.Literal('fast'), Type.Literal('exact'), Type.Null()]),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
      fields: Type.Record(Type.String(), Type.Object({ open: Type.Boolean({ default: false }) })),
      rules: Type.Array(Type.Object({ pattern: Type.String() }), { minItems: 1 }),
      near: Type.Object({ x: Type.Number() }),
    })
    expect(
      listOptions(schema).map((option) => [option.name, option.kind, option.required, option.default]),
    ).to.deep.equal([
      ['model', 'a text, not empty', false, '${MODEL:-a}'],
      ['mode', '"fast", "exact" or null', true, undefined],
      ['limit', 'a whole number, at least 1, at most 9', false, undefined],
      ['fields', 'a mapping (key: value)', true, undefined],
      ['fields.*.open', 'true or false', false, false],
      ['rules', 'a list, not empty', true, undefined],
      ['rules[].pattern', 'a text', true, undefined],
      ['near', 'a mapping (key: value)', true, undefined],
      ['near.x', 'a number', true, undefined],
    ])
  })

  it('has nothing to say of what is no object schema', () => {
    expect(listOptions(Type.String())).to.deep.equal([])
    expect(listOptions(undefined)).to.deep.equal([])
  })
})
