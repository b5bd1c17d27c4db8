import type { Media } from './message.ts'
import { BYTES_PER_MS } from './mulaw.ts'

/** Where a piece goes in its track, in bytes; what lies between `from` and `at` has not been heard, and is silence. */
export type Placement =
  | { readonly kind: 'write'; readonly from: number; readonly at: number }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Clocks round: a piece that is nearly on time follows without a click. Less than a piece, or one lost were not missed. */
const JITTER_BYTES = 10 * BYTES_PER_MS

/**
 * Finds the place of each piece of one track by its timestamp, so that what was lost leaves a gap of its own length
 * and both tracks stay in step. A piece that is late goes where it belongs, over the silence that stood in for it; one
 * that comes again goes nowhere, or where it was.
 */
export class Timeline {
  readonly #limits: { readonly durationMs: number; readonly gapMs: number }
  #length = 0
  #lastChunk = 0

  constructor(limits: { readonly durationMs: number; readonly gapMs: number }) {
    this.#limits = limits
  }

  /** Bytes up to the end of the last piece. */
  get length(): number {
    return this.#length
  }

  place({ chunk, timestampMs, audio }: Omit<Media, 'track'>): Placement {
    if (audio.length === 0 || chunk === this.#lastChunk) return { kind: 'nothing' }
    const { durationMs, gapMs } = this.#limits
    const claimed = timestampMs * BYTES_PER_MS
    const isNext = chunk > this.#lastChunk && Math.abs(claimed - this.#length) <= JITTER_BYTES
    const at = isNext ? this.#length : claimed
    const gap = at - this.#length
    if (at + audio.length > durationMs * BYTES_PER_MS) {
      return { kind: 'refused', reason: `the stream is longer than ${durationMs / 1_000} s` }
    }
    if (gap > gapMs * BYTES_PER_MS) {
      return { kind: 'refused', reason: `a timestamp lies ${Math.round(gap / BYTES_PER_MS / 1_000)} s ahead` }
    }
    const from = Math.min(at, this.#length)
    this.#length = Math.max(this.#length, at + audio.length)
    this.#lastChunk = Math.max(this.#lastChunk, chunk)
    return { kind: 'write', from, at }
  }
}
