import { expect } from 'chai'
import { type TObject, Type } from 'typebox'
import { createOptionsReader } from '../../../core/pipeline/options.ts'
import { sttDriver } from './drivers.ts'

const closed = { additionalProperties: false } as const

function read(
  options: TObject,
  written: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>> = {},
) {
  return createOptionsReader(environment, '/etc/aftercall').read(sttDriver(options), written)
}

const messages = (...given: Parameters<typeof read>): readonly string[] =>
  read(...given).violations.map(({ path, message }) => `${path.join('.')} ${message}`)

describe('options of a driver', () => {
  it('do not share anything with what was written, nor with the defaults of the schema', () => {
    const schema = Type.Object(
      { list: Type.Array(Type.String(), { default: [] }), map: Type.Record(Type.String(), Type.String()) },
      closed,
    )
    const written = { map: { a: '${A:-x}' } }
    const [one, two] = [read(schema, written), read(schema, written)]
    expect(one.options).to.deep.equal({ list: [], map: { a: 'x' } })
    expect(one.options['list']).not.to.equal(two.options['list'])
    expect(written).to.deep.equal({ map: { a: '${A:-x}' } })
  })

  it('make every path absolute: in lists, in unions, in defaults', () => {
    const path = Type.String({ format: 'path' })
    const schema = Type.Object(
      {
        files: Type.Array(path),
        either: Type.Union([path, Type.Null()]),
        preset: Type.String({ format: 'path', default: '${FOLDER:-data}/x' }),
      },
      closed,
    )
    expect(read(schema, { files: ['a', '../b', '/c'], either: 'd' }).options).to.deep.equal({
      files: ['/etc/aftercall/a', '/etc/b', '/c'],
      either: '/etc/aftercall/d',
      preset: '/etc/aftercall/data/x',
    })
  })

  it('read expanded defaults as the number or boolean that is wanted', () => {
    const schema = Type.Object(
      {
        port: Type.Unsafe<number>({ type: 'integer', default: '${PORT:-80}' }),
        on: Type.Unsafe<boolean>({ type: 'boolean', default: '${ON:-true}' }),
      },
      closed,
    )
    expect(read(schema, {}, { PORT: '8080' }).options).to.deep.equal({ port: 8080, on: true })
  })

  it('report of a union the branch that was meant, or that none fits', () => {
    const schema = Type.Object(
      {
        auth: Type.Union([
          Type.Object({ kind: Type.Literal('key'), key: Type.String() }, closed),
          Type.Object({ kind: Type.Literal('user'), name: Type.String(), password: Type.String() }, closed),
          Type.Null(),
        ]),
      },
      closed,
    )
    expect(messages(schema, { auth: { kind: 'user', name: 'a', password: 5 } })).to.deep.equal([
      'auth.password must be a text, not *',
    ])
    expect(messages(schema, { auth: 5 })).to.deep.equal(['auth must be a mapping (key: value) or null, not 5'])
  })

  it('report one violation for a value that breaks several rules', () => {
    const schema = Type.Object({ name: Type.String({ minLength: 3, pattern: '^[a-z]+$' }) }, closed)
    expect(messages(schema, { name: 'A' })).to.deep.equal([
      'name must be a text, at least 3 characters long, that matches ^[a-z]+$, not "A"',
    ])
  })

  it('may be called like words of JSON Schema, or like what objects have by birth', () => {
    const schema = Type.Object(
      {
        default: Type.String({ default: '${A:-x}' }),
        items: Type.Optional(Type.String()),
        properties: Type.Optional(Type.String()),
        constructor: Type.Optional(Type.String()),
      },
      closed,
    )
    expect(read(schema, { items: 'i', properties: 'p' })).to.deep.include({
      options: { default: 'x', items: 'i', properties: 'p' },
      violations: [],
    })
  })
})
