/**
 * Makes call.wav of script.json: `node sandbox/sample/make.ts`, with flite and ffmpeg installed. Two voices of flite
 * speak their turns, each on its own channel as on a phone line (8 kHz µ-law, 300 to 3400 Hz, a little noise); where
 * each turn begins and ends is written back into script.json.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readWavHeader, withFileSource } from 'aftercall/audio'
import { SAMPLE_FILE, sampleTurns } from './index.ts'

const run = promisify(execFile)

/** In the order of the channels: the parent leg, who called, is the first. */
const SPEAKERS = ['customer', 'agent'] as const
const VOICES = { customer: 'slt', agent: 'rms' } as const
const PAUSE_SEC = 0.45
const LEAD_SEC = 0.6

interface SpokenTurn {
  readonly speaker: 'customer' | 'agent'
  readonly text: string
  readonly file: string
  readonly start: number
  readonly end: number
}

async function speak(directory: string): Promise<readonly SpokenTurn[]> {
  const spoken: SpokenTurn[] = []
  let start = LEAD_SEC
  for (const [index, { speaker, text }] of sampleTurns.entries()) {
    const file = join(directory, `${index}.wav`)
    await run('flite', ['-voice', VOICES[speaker], '-t', text, '-o', file])
    const { durationSec } = await withFileSource(file, readWavHeader)
    spoken.push({ speaker, text, file, start, end: start + durationSec })
    start += durationSec + PAUSE_SEC
  }
  return spoken
}

/** A line of noise under the turns of one speaker, each delayed to its start. */
function channelFilter(turns: readonly SpokenTurn[], channel: number, seconds: number): string {
  const own = turns.map((turn, index) => ({ turn, index })).filter(({ turn }) => turn.speaker === SPEAKERS[channel])
  const delays = own.map(
    ({ turn, index }) => `[${index}]aresample=8000,adelay=${Math.round(turn.start * 1000)}:all=1[turn${index}]`,
  )
  const inputs = own.map(({ index }) => `[turn${index}]`).join('')
  const noise = `anoisesrc=r=8000:a=0.0008:c=pink:seed=${channel + 1}:d=${seconds}[noise${channel}]`
  const mix = `amix=inputs=${own.length + 1}:normalize=0:duration=longest`
  const line = `highpass=f=300,lowpass=f=3400,apad=whole_dur=${seconds},atrim=end=${seconds}`
  return [...delays, noise, `[noise${channel}]${inputs}${mix},${line}[channel${channel}]`].join(';')
}

async function make(directory: string): Promise<void> {
  const turns = await speak(directory)
  const seconds = Math.ceil((turns.at(-1)?.end ?? 0) + LEAD_SEC)
  const filters = [
    ...SPEAKERS.map((_, channel) => channelFilter(turns, channel, seconds)),
    '[channel0][channel1]join=inputs=2:channel_layout=stereo[call]',
  ]
  await run('ffmpeg', [
    ...['-y', '-loglevel', 'error', ...turns.flatMap(({ file }) => ['-i', file])],
    ...['-filter_complex', filters.join(';'), '-map', '[call]'],
    ...['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact'],
    ...['-c:a', 'pcm_mulaw', '-ar', '8000', SAMPLE_FILE],
  ])
  const rounded = (second: number) => Math.round(second * 100) / 100
  const script = turns.map(({ speaker, text, start, end }) => ({
    speaker,
    start: rounded(start),
    end: rounded(end),
    text,
  }))
  await writeFile(new URL('script.json', import.meta.url), `${JSON.stringify({ turns: script }, null, 2)}\n`)
}

const directory = await mkdtemp(join(tmpdir(), 'aftercall-sample-'))
try {
  await make(directory)
} finally {
  await rm(directory, { recursive: true })
}
