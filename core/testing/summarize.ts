import assert from 'node:assert/strict'
import type { TSchema } from 'typebox'
import { summarize } from '../contracts/index.ts'
import { driverConformance } from './driver.ts'
import { artifactOf } from './output.ts'
import { type Subject, withDriver } from './subject.ts'

/** What `summarize` promises, as far as a program can judge it: see the prose of the contract. */
export function summarizeConformance<Options extends TSchema>(subject: Subject<typeof summarize, Options>): void {
  describe(`${subject.name} keeps the contract of summarize`, () => {
    driverConformance(subject, summarize)

    it('writes words, and no transcript or summary into the log', () =>
      withDriver(subject, async ({ attempt, input, lines }) => {
        const { text } = artifactOf(await attempt())
        assert.match(text, /\p{L}/u)
        const log = JSON.stringify(lines.filter((line) => line.level !== 'debug'))
        for (const said of [text, input.transcript.text]) assert.equal(log.includes(JSON.stringify(said)), false)
      }))
  })
}
