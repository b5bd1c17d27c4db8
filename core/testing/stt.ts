import assert from 'node:assert/strict'
import type { TSchema } from 'typebox'
import { type InputOf, Settle, stt } from '../contracts/index.ts'
import { driverConformance } from './driver.ts'
import { artifactOf } from './output.ts'
import { type Subject, withDriver } from './subject.ts'

export interface SttSubject<Options extends TSchema> extends Subject<typeof stt, Options> {
  /** An input in which nobody speaks. */
  readonly silentInput?: () => InputOf<typeof stt> | Promise<InputOf<typeof stt>>
}

/** What `stt` promises: see the prose of the contract. */
export function sttConformance<Options extends TSchema>(subject: SttSubject<Options>): void {
  describe(`${subject.name} keeps the contract of stt`, () => {
    driverConformance(subject, stt)

    it('puts all speakers on one timeline, in order', () =>
      withDriver(subject, async ({ attempt }) => {
        const { segments, text } = artifactOf(await attempt())
        assert.notEqual(text.trim(), '')
        for (const [index, segment] of segments.entries()) {
          assert.equal(segment.end >= segment.start, true, `segment ${index} ends before it starts`)
          assert.equal(segment.start >= (segments[index - 1]?.start ?? 0), true, `segment ${index} is out of order`)
          assert.match(segment.speaker, /^(customer|agent|unknown)$/)
          assert.notEqual(segment.text.trim(), '', `segment ${index} says nothing`)
        }
      }))

    it('says nothing of what was said above debug level', () =>
      withDriver(subject, async ({ attempt, lines }) => {
        const { segments } = artifactOf(await attempt())
        const text = JSON.stringify(lines.filter((line) => line.level !== 'debug'))
        for (const segment of segments) {
          if (segment.text.length >= 12) assert.equal(text.includes(segment.text), false, 'a transcript in the log')
        }
      }))

    const { silentInput } = subject
    if (silentInput === undefined) return
    it('settles no_speech where nobody speaks', () =>
      withDriver({ ...subject, input: silentInput }, async ({ attempt }) => {
        const output = await attempt()
        assert.equal(output instanceof Settle && output.outcome, 'no_speech')
      }))
  })
}
