import { PermanentError } from 'aftercall'
import {
  type ByteSource,
  isSilent,
  longestSlice,
  measureLevel,
  planSlices,
  readSlice,
  readWavHeader,
  type Slice,
  SNIFF_BYTES,
  sniff,
  type WavHeader,
} from 'aftercall/audio'
import { type Track, tooLarge } from './_tracks.ts'

/** What goes to the recogniser in one request. */
export interface Piece {
  readonly track: Track
  /** Position of the track among all of them, from 0. */
  readonly trackIndex: number
  /** Position among the pieces of its track, from 0. */
  readonly index: number
  readonly slice: Slice
  /** With its dot. */
  readonly extension: string
  /** The bytes to send: held in memory from here on. */
  read(): Promise<Buffer>
}

export interface Limits {
  readonly maxBytes: number
  readonly maxSec: number
}

/** The pieces of a track: none where nothing is to be heard on it. WAV is cut, anything else goes as it is. */
export async function piecesOf(
  track: Track,
  trackIndex: number,
  limits: Limits,
  signal: AbortSignal,
): Promise<readonly Piece[]> {
  return await track.read(async (source) => {
    const sniffed = sniff(await source.read(0, SNIFF_BYTES))
    if (sniffed.kind === 'other') {
      throw new PermanentError(`the recording is no audio: it begins like ${sniffed.what}`, {
        code: 'recording-not-audio',
      })
    }
    const { extension } = sniffed
    const header = extension === '.wav' ? await readWavHeader(source) : undefined
    if (header === undefined || header.encoding === 'other') {
      if (source.size > limits.maxBytes) throw tooLarge(source.size, limits.maxBytes)
      const slice = { startSec: 0, endSec: header?.durationSec ?? track.durationSec ?? 0 }
      const read = () => track.read((whole) => whole.read(0, whole.size))
      return [{ track, trackIndex, index: 0, slice, extension, read }]
    }
    if (await isSilentThroughout(source, header, signal)) return []
    const longest = Math.min(limits.maxSec, longestSlice(header, limits.maxBytes))
    return planSlices(header.durationSec, longest).map((slice, index) => {
      const read = () => track.read((whole) => readSlice(whole, header, slice))
      return { track, trackIndex, index, slice, extension, read }
    })
  })
}

/** Silence makes models invent text, so what is silent is never sent. */
async function isSilentThroughout(source: ByteSource, header: WavHeader, signal: AbortSignal): Promise<boolean> {
  for (let channel = 0; channel < header.channels; channel++) {
    if (!isSilent(await measureLevel(source, header, channel, signal))) return false
  }
  return true
}
