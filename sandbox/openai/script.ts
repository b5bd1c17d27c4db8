import type { Transcripts } from './transcriptions.ts'

/** One turn of a call whose words are known. */
export interface Turn {
  /** customer or agent. */
  readonly speaker: string
  readonly text: string
}

/**
 * "Hears" a recording of which the words are known. An upload whose file name begins with a speaker
 * (`customer-1.wav`) is answered with that speaker's words, any other one with everybody's. A recording that is cut
 * into several uploads gets its words with the first of each speaker.
 */
export function scriptTranscripts(turns: readonly Turn[]): Transcripts {
  return ({ fileName }) => {
    const [, name, part] = /^([a-z]+)-(\d+)\./.exec(fileName) ?? []
    if (part !== undefined && part !== '1') return ''
    const own = turns.filter(({ speaker }) => speaker === name)
    return (own.length > 0 ? own : turns).map(({ text }) => text).join(' ')
  }
}
