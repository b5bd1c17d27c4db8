import type { Segment, Transcript } from 'aftercall'

/** What one piece of one track turned out to say. */
export interface HeardPiece {
  readonly speaker: string
  readonly startSec: number
  readonly endSec: number
  readonly text: string
  /** As the recogniser detected it. */
  readonly language: string | null
}

const LABELS: Readonly<Record<string, string>> = { customer: 'Customer: ', agent: 'Agent: ' }

/**
 * All pieces on one timeline; undefined where nobody said anything. Without times from the recogniser a piece is one
 * segment. `language` is what was asked for; null: what was detected where most was said.
 */
export function transcriptOf(pieces: readonly HeardPiece[], language: string | null): Transcript | undefined {
  const spoken = pieces
    .map((piece) => ({ ...piece, text: piece.text.trim() }))
    .filter(({ text }) => text !== '')
    .sort((a, b) => a.startSec - b.startSec)
  const longest = spoken.reduce<HeardPiece | undefined>(
    (most, piece) => (most === undefined || piece.text.length > most.text.length ? piece : most),
    undefined,
  )
  if (longest === undefined) return undefined
  return {
    text: spoken.map(({ speaker, text }) => `${LABELS[speaker] ?? ''}${text}`).join('\n'),
    language: language ?? longest.language,
    segments: spoken.map(
      ({ speaker, startSec, endSec, text }): Segment => ({ start: startSec, end: endSec, speaker, text }),
    ),
  }
}
