import type { DeclaredField } from './declaration.ts'
import { isBlank, sentences, words } from './words.ts'

export interface Mention {
  /** In the spelling of the vocabulary. */
  readonly word: string
  /** As it was declared: the word itself or one of its aliases. */
  readonly said: string
  /** The sentence that it stands in, as it stands in the transcript. */
  readonly sentence: string
}

/** The words that a field admits, ready to be compared with what was said. */
export interface Vocabulary {
  /** The word of the vocabulary that this text is, whatever its case and width; undefined where it is none. */
  canonical(text: string): string | undefined
  /** The last word of the vocabulary that the text mentions; the longer one where two overlap. */
  lastMention(text: string): Mention | undefined
}

export function vocabularyOf(field: Pick<DeclaredField, 'vocabulary' | 'aliases'>): Vocabulary {
  const entries = [...spellings(field)]
  const byWords = new Map(entries.map((entry) => [entry.comparable, entry.word]))
  return {
    canonical: (text) => byWords.get(words(text)),
    lastMention(text) {
      for (const sentence of sentences(text).toReversed()) {
        const mention = lastIn(words(sentence), entries)
        if (mention !== undefined) return { word: mention.word, said: mention.said, sentence }
      }
      return undefined
    },
  }
}

interface Spelling {
  readonly word: string
  readonly said: string
  readonly comparable: string
}

/** Aliases first: where one equals a word of the vocabulary, the later entry, which is the word, wins. */
function* spellings({ vocabulary, aliases }: Pick<DeclaredField, 'vocabulary' | 'aliases'>): Generator<Spelling> {
  for (const [target, others] of Object.entries(aliases)) {
    const word = vocabulary.find((known) => words(known) === words(target)) ?? target
    for (const said of others) yield* spelling(word, said)
  }
  for (const word of vocabulary) yield* spelling(word, word)
}

function* spelling(word: string, said: string): Generator<Spelling> {
  const comparable = words(said)
  if (!isBlank(comparable)) yield { word, said, comparable }
}

function lastIn(sentence: string, entries: readonly Spelling[]): Spelling | undefined {
  let last: { readonly entry: Spelling; readonly end: number } | undefined
  for (const entry of entries) {
    const at = sentence.lastIndexOf(entry.comparable)
    if (at < 0) continue
    const end = at + entry.comparable.length
    const longer = end === last?.end && entry.comparable.length > last.entry.comparable.length
    if (last === undefined || end > last.end || longer) last = { entry, end }
  }
  return last?.entry
}
