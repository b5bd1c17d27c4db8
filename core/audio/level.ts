import type { ByteSource } from './byte-source.ts'
import { channelSamples } from './samples.ts'
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
/** Levels are counted in bins of 1 dB, so that memory does not grow with the recording. */
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
  const bins = new Uint32Array(1 - QUIETEST_DB)
  let loudest = Number.NEGATIVE_INFINITY
  let energy = 0
  let samples = 0
  const closeWindow = () => {
    const db = decibels(energy / samples)
    loudest = Math.max(loudest, db)
    const bin = Math.round(Math.max(QUIETEST_DB, Math.min(0, db))) - QUIETEST_DB
    bins[bin] = (bins[bin] ?? 0) + 1
    energy = 0
    samples = 0
  }
  for await (const bytes of soundOf(source, header, signal)) {
    for (const sample of channelSamples(header, bytes, channel)) {
      energy += sample * sample
      samples++
      if (samples === perWindow) closeWindow()
    }
  }
  if (samples > 0) closeWindow()
  return { loudestDb: loudest, noiseFloorDb: percentile(bins, 0.1), durationSec: header.durationSec }
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

function decibels(power: number): number {
  return 10 * Math.log10(power)
}

function percentile(bins: Uint32Array, share: number): number {
  const total = bins.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (const [bin, count] of bins.entries()) {
    seen += count
    if (seen >= total * share) return bin + QUIETEST_DB
  }
  return 0
}
