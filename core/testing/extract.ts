import assert from 'node:assert/strict'
import type { TSchema } from 'typebox'
import { extract, type InputOf } from '../contracts/index.ts'
import { driverConformance } from './driver.ts'
import { artifactOf } from './output.ts'
import { type Subject, withDriver } from './subject.ts'

export interface ExtractSubject<Options extends TSchema> extends Subject<typeof extract, Options> {
  /** The names of the fields that the options declare. */
  readonly fields: readonly string[]
  /** An input in which none of the fields is mentioned. */
  readonly unrelatedInput?: () => InputOf<typeof extract> | Promise<InputOf<typeof extract>>
}

/** What `extract` promises: see the prose of the contract. */
export function extractConformance<Options extends TSchema>(subject: ExtractSubject<Options>): void {
  describe(`${subject.name} keeps the contract of extract`, () => {
    driverConformance(subject, extract)

    it('returns one entry for each declared field, and no other', () =>
      withDriver(subject, async ({ attempt }) => {
        const { values } = artifactOf(await attempt())
        assert.deepEqual(Object.keys(values).sort(), [...subject.fields].sort())
        for (const [name, field] of Object.entries(values)) {
          if (field.value === null) continue
          assert.equal(field.problem, null, `${name} has a value and a problem at once`)
          assert.notEqual(String(field.value).trim(), '', `${name}: nothing is null, not an empty text`)
        }
      }))

    const { unrelatedInput } = subject
    if (unrelatedInput === undefined) return
    it('finds nothing where nothing is said', () =>
      withDriver({ ...subject, input: unrelatedInput }, async ({ attempt }) => {
        const { values } = artifactOf(await attempt())
        assert.deepEqual(Object.keys(values).sort(), [...subject.fields].sort())
        for (const [name, field] of Object.entries(values)) assert.equal(field.value, null, name)
      }))
  })
}
