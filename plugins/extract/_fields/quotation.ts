import type { Transcript } from 'aftercall'
import { isBlank, sentences, words } from './words.ts'

/** A transcript in which quotes can be looked up. */
export interface Quotable {
  /** Whether these words stand there, one after the other; punctuation, case and line breaks do not count. */
  holds(quote: string): boolean
  /** The first sentence that these words stand in. */
  sentenceWith(text: string): string | undefined
}

export function quotable(transcript: Transcript): Quotable {
  const spoken = transcript.segments.map(({ text }) => text)
  // Twice: as it reads, with the names of the speakers, and as it was spoken, without them.
  const texts = [words(transcript.text), words(spoken.join('\n'))]
  return {
    holds(quote) {
      const comparable = words(quote)
      return !isBlank(comparable) && texts.some((text) => text.includes(comparable))
    },
    sentenceWith(text) {
      const comparable = words(text)
      if (isBlank(comparable)) return undefined
      const parts = spoken.length > 0 ? spoken : transcript.text.split('\n')
      return parts.flatMap(sentences).find((sentence) => words(sentence).includes(comparable))
    },
  }
}
