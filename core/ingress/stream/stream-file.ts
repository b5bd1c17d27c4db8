import { type KeptStream, type OpenTrack, type StreamFolder, trackFile } from './folder.ts'
import type { StreamLimits } from './limits.ts'
import type { Media, StreamStart, TrackName } from './message.ts'
import { Timeline } from './timeline.ts'
import { TrackWriter } from './track.ts'

/** Told while a stream is written. */
export interface WritingEvents {
  /** More audio waits for the disk than may. */
  readonly onFull: () => void
  /** Half of what may wait is free again. */
  readonly onDrained: () => void
  readonly onFailed: (error: unknown) => void
}

interface Track {
  readonly timeline: Timeline
  readonly writer: TrackWriter
}

export interface StreamFileOptions {
  readonly folder: StreamFolder
  readonly open: OpenTrack
  readonly limits: Pick<StreamLimits, 'durationMs' | 'gapMs' | 'bufferedBytes'>
  readonly events: WritingEvents
}

/** The audio of one stream on its way to disk: both tracks, each in its own file, in step by their timestamps. */
export class StreamFile {
  readonly kept: KeptStream
  readonly #making: Promise<void>
  readonly #tracks: Readonly<Record<TrackName, Track>>
  readonly #limit: number
  readonly #events: WritingEvents
  #buffered = 0
  #peak = 0
  #state: 'flowing' | 'full' = 'flowing'

  /** Can be written at once: what is not open yet waits. `onFailed` gets `EEXIST` where this stream is on disk already. */
  constructor(start: StreamStart, { folder, open, limits, events }: StreamFileOptions) {
    this.kept = folder.place(start)
    this.#limit = limits.bufferedBytes
    this.#events = events
    this.#making = folder.make(this.kept)
    const track = (name: TrackName): Track => {
      const file = this.#making.then(() => open(trackFile(this.kept, name)))
      file.catch(events.onFailed)
      return {
        timeline: new Timeline(limits),
        writer: new TrackWriter(file, (bytes) => this.#written(bytes), events.onFailed),
      }
    }
    this.#tracks = { inbound: track('inbound'), outbound: track('outbound') }
  }

  /** Puts a piece where it belongs, and says so; or says why it is not taken. */
  write(media: Media): 'taken' | { readonly refused: string } {
    const { timeline, writer } = this.#tracks[media.track]
    const placement = timeline.place(media)
    if (placement.kind === 'refused') return { refused: placement.reason }
    if (placement.kind === 'nothing') return 'taken'
    if (placement.at > placement.from) writer.fill(placement.from, placement.at - placement.from)
    this.#buffered += media.audio.length
    this.#peak = Math.max(this.#peak, this.#buffered)
    writer.write(placement.at, media.audio)
    if (this.#state === 'flowing' && this.#buffered > this.#limit) {
      this.#state = 'full'
      this.#events.onFull()
    }
    return 'taken'
  }

  /** The most bytes of audio that have waited for the disk at a time. */
  get peakBufferedBytes(): number {
    return this.#peak
  }

  /** Once everything is written that can be. False where the stream never had a folder of its own. */
  async close(): Promise<boolean> {
    const { inbound, outbound } = this.#tracks
    await Promise.allSettled([inbound.writer.close(), outbound.writer.close()])
    return this.#making.then(
      () => true,
      () => false,
    )
  }

  #written(bytes: number): void {
    this.#buffered -= bytes
    if (this.#state === 'flowing' || this.#buffered > this.#limit / 2) return
    this.#state = 'flowing'
    this.#events.onDrained()
  }
}
