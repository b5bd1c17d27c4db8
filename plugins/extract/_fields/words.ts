/** Marks without width that change how Hebrew and Arabic are shown, and the Hebrew vowel points; the maqaf stays. */
const INVISIBLE = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u0591-\u05bd\u05bf-\u05c7]/gu
const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}]+/gu

/**
 * Text as it is compared: compatibility forms folded (NFKC), lower case, words separated by single spaces, a space
 * at both ends. So `includes(words('Tel Aviv'))` finds whole words only, in every script that separates them.
 */
export function words(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().replace(INVISIBLE, '')
  return ` ${folded.replace(BETWEEN_WORDS, ' ').trim()} `
}

/** Whether anything is left to compare. */
export function isBlank(comparable: string): boolean {
  return comparable.trim() === ''
}

/** The sentences of a text, trimmed. */
export function sentences(text: string): readonly string[] {
  const segmenter = new Intl.Segmenter('und', { granularity: 'sentence' })
  return [...segmenter.segment(text)].map(({ segment }) => segment.trim()).filter((sentence) => sentence !== '')
}
