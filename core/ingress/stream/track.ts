import { SILENCE } from './mulaw.ts'

/** Where the audio of a track goes: a file, opened for writing. */
export interface TrackFile {
  /** Writes some of the bytes at a position, and says how many. */
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>
  close(): Promise<void>
}

type Piece =
  | { readonly kind: 'audio'; readonly at: number; readonly audio: Buffer }
  | { readonly kind: 'silence'; readonly at: number; readonly bytes: number }

const SILENT = Buffer.alloc(64 * 1024, SILENCE)

/** Writes the pieces of one track in the order in which they came, one after the other, and keeps count of what waits. */
export class TrackWriter {
  readonly #file: Promise<TrackFile>
  readonly #onWritten: (bytes: number) => void
  readonly #onFailed: (error: unknown) => void
  readonly #waiting: Piece[] = []
  #writing: Promise<void> | undefined
  #hasFailed = false

  /** `onWritten` is told of audio, not of silence, which takes no memory. A file that cannot be had fails the writing. */
  constructor(file: Promise<TrackFile>, onWritten: (bytes: number) => void, onFailed: (error: unknown) => void) {
    this.#file = file
    this.#onWritten = onWritten
    this.#onFailed = onFailed
  }

  write(at: number, audio: Buffer): void {
    this.#add({ kind: 'audio', at, audio })
  }

  fill(at: number, bytes: number): void {
    this.#add({ kind: 'silence', at, bytes })
  }

  /** Once everything is written, or writing has failed. Throws where the file could not be had. */
  async close(): Promise<void> {
    await this.#writing
    await (await this.#file).close()
  }

  #add(piece: Piece): void {
    this.#waiting.push(piece)
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined
    })
  }

  async #writeAll(): Promise<void> {
    for (let pieces = this.#waiting.splice(0); pieces.length > 0; pieces = this.#waiting.splice(0)) {
      for (const run of inRuns(pieces)) {
        try {
          // What comes after a failure has nowhere to go, and still has to be counted off.
          if (!this.#hasFailed) await this.#put(run)
        } catch (error) {
          this.#hasFailed = true
          this.#onFailed(error)
        }
        if (run.kind === 'audio') this.#onWritten(run.audio.length)
      }
    }
  }

  async #put(piece: Piece): Promise<void> {
    if (piece.kind === 'audio') return this.#putBytes(piece.audio, piece.audio.length, piece.at)
    for (let done = 0; done < piece.bytes; done += SILENT.length) {
      await this.#putBytes(SILENT, Math.min(SILENT.length, piece.bytes - done), piece.at + done)
    }
  }

  async #putBytes(bytes: Buffer, length: number, position: number): Promise<void> {
    const file = await this.#file
    for (let done = 0; done < length; ) {
      const { bytesWritten } = await file.write(bytes, done, length - done, position + done)
      done += bytesWritten
    }
  }
}

/** Pieces that follow each other become one: then a slow disk gets few large writes. */
function inRuns(pieces: readonly Piece[]): readonly Piece[] {
  const runs: Piece[] = []
  let open: { at: number; end: number; parts: Buffer[] } | undefined
  const close = () => {
    if (open !== undefined) runs.push({ kind: 'audio', at: open.at, audio: Buffer.concat(open.parts) })
    open = undefined
  }
  for (const piece of pieces) {
    if (piece.kind === 'silence') {
      close()
      runs.push(piece)
    } else if (open !== undefined && piece.at === open.end) {
      open.parts.push(piece.audio)
      open.end += piece.audio.length
    } else {
      close()
      open = { at: piece.at, end: piece.at + piece.audio.length, parts: [piece.audio] }
    }
  }
  close()
  return runs
}
