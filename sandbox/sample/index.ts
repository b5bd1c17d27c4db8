import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A turn of the sample call; seconds from its beginning. */
export interface SampleTurn {
  readonly speaker: 'customer' | 'agent'
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The sample call: somebody in Haifa needs a plumber. 8 kHz µ-law WAV, two channels: the customer, who called, on the
 * first, the agent on the second. Absolute path.
 */
export const SAMPLE_FILE = fileURLToPath(new URL('call.wav', import.meta.url))

/** What is said in it, in order. */
export const sampleTurns: readonly SampleTurn[] = JSON.parse(
  readFileSync(new URL('script.json', import.meta.url), 'utf8'),
).turns
