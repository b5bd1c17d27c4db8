import type { ByteSource } from './byte-source.ts'
import { decodeChannel } from './samples.ts'
import { frameBytes } from './wav-format.ts'
import type { WavHeader } from './wav-reader.ts'

/** How loud a channel is, in dB below full scale (0 is the loudest there can be). */
export interface Level {
  /** The loudest window of 30 ms; -Infinity for digital silence. */
  readonly loudestDb: number
  /** What a tenth of the windows stay below: the noise between words. */
  readonly noiseFloorDb: number
  readonly durationSec: number
}

const WINDOW_SEC = 0.03
const BYTES_AT_ONCE = 1 << 18
/** What is quieter counts as this. */
const QUIETEST_DB = -120

/** Quieter than the idle noise of any phone line: nobody is there. */
const INAUDIBLE_DB = -60
/** Speech comes and goes; a hum, a hiss or a tone that stays within so much of its own floor does not. */
const STEADY_DB = 6
/** A recording shorter than this may be one word from end to end, without any pause to compare with. */
const STEADY_FROM_SEC = 1

/**
 * Measures one channel (from 0) of a WAV file, reading it in pieces. A pure measurement: `isSilent` judges it.
 * Throws RangeError for an encoding that is not decoded here, and the signal's reason when it aborts.
 */
export async function measureLevel(
  source: ByteSource,
  header: WavHeader,
  channel = 0,
  signal?: AbortSignal,
): Promise<Level> {
  const perWindow = Math.max(1, Math.round(header.sampleRate * WINDOW_SEC))
  const windows = windowCounter()
  // A window may begin in one piece and end in the next.
  let begun = { energy: 0, samples: 0 }
  for await (const bytes of soundOf(source, header, signal)) {
    const samples = decodeChannel(header, bytes, channel)
    for (let from = 0; from < samples.length; ) {
      const to = Math.min(samples.length, from + perWindow - begun.samples)
      begun = { energy: begun.energy + energyOf(samples, from, to), samples: begun.samples + to - from }
      from = to
      if (begun.samples < perWindow) continue
      windows.add(begun.energy / begun.samples)
      begun = { energy: 0, samples: 0 }
    }
  }
  if (begun.samples > 0) windows.add(begun.energy / begun.samples)
  return { loudestDb: windows.loudestDb(), noiseFloorDb: windows.percentileDb(0.1), durationSec: header.durationSec }
}

/** Whether there can be no speech: nothing audible, or nothing that rises above its own noise. */
export function isSilent(level: Level): boolean {
  if (level.loudestDb < INAUDIBLE_DB) return true
  return level.durationSec >= STEADY_FROM_SEC && level.loudestDb - level.noiseFloorDb < STEADY_DB
}

async function* soundOf(source: ByteSource, header: WavHeader, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const frame = frameBytes(header)
  const step = Math.max(frame, BYTES_AT_ONCE - (BYTES_AT_ONCE % frame))
  const end = header.dataStart + header.dataBytes
  for (let position = header.dataStart; position < end; position += step) {
    signal?.throwIfAborted()
    yield await source.read(position, Math.min(step, end - position))
  }
}

function energyOf(samples: Float32Array, from: number, to: number): number {
  let energy = 0
  for (let index = from; index < to; index++) energy += (samples[index] ?? 0) ** 2
  return energy
}

/** Counts the powers of windows in bins of 1 dB, so that memory does not grow with the recording. */
function windowCounter() {
  const bins = new Uint32Array(1 - QUIETEST_DB)
  let loudest = Number.NEGATIVE_INFINITY
  let total = 0
  return {
    add(power: number): void {
      const db = 10 * Math.log10(power)
      loudest = Math.max(loudest, db)
      const bin = Math.round(Math.max(QUIETEST_DB, Math.min(0, db))) - QUIETEST_DB
      bins[bin] = (bins[bin] ?? 0) + 1
      total++
    },
    loudestDb: () => loudest,
    /** The level that this share of the windows does not exceed. */
    percentileDb(share: number): number {
      let seen = 0
      const bin = bins.findIndex((count) => {
        seen += count
        return seen >= total * share
      })
      return bin + QUIETEST_DB
    },
  }
}
