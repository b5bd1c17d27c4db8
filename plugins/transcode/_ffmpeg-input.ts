import { execFile } from 'node:child_process'
import { PermanentError, UnavailableError } from 'aftercall'

/** What ffmpeg calls the format of a file, by its sniffed extension. Never guessed by ffmpeg itself. */
export const DEMUXERS: Readonly<Record<string, string>> = {
  '.wav': 'wav',
  '.mp3': 'mp3',
  '.ogg': 'ogg',
  '.flac': 'flac',
  '.webm': 'matroska',
  '.mp4': 'mov',
  '.m4a': 'mov',
}

/** What speech recognition wants, Hz. */
export const SAMPLE_RATE = 16_000
const PROBE_TIMEOUT_MS = 30_000

/**
 * Each channel by itself, resampled: `[track0]`, `[track1]`, … Channels are taken by number, because phone recordings
 * often do not say which is left and which right.
 */
export function splitFilter(channels: number): string {
  const numbers = [...Array(channels).keys()]
  const split = `[0:a:0]asplit=${channels}${numbers.map((n) => `[copy${n}]`).join('')}`
  return [split, ...numbers.map((n) => `[copy${n}]pan=mono|c0=c${n},aresample=${SAMPLE_RATE}[track${n}]`)].join(';')
}

/** How many channels a file has whose format does not tell without ffmpeg. */
export async function channelCount(
  ffmpegPath: string,
  input: { readonly path: string; readonly demuxer: string },
  signal: AbortSignal,
): Promise<number> {
  const flags = ['-nostdin', '-hide_banner', '-protocol_whitelist', 'file,pipe', '-f', input.demuxer, '-i', input.path]
  // Without an output ffmpeg describes its input, complains and exits with 1.
  const { error, stderr } = await run(ffmpegPath, flags, signal)
  signal.throwIfAborted()
  if (error !== null && cannotStart(error)) throw noFfmpeg(ffmpegPath, error)
  const channels = channelsIn(stderr)
  if (channels === undefined) {
    throw new PermanentError(`ffmpeg finds no sound in the recording: ${lastWords(stderr)}`, {
      code: 'recording-not-audio',
    })
  }
  return channels
}

/** Throws an UnavailableError where the program does not run. */
export async function checkBinary(ffmpegPath: string): Promise<void> {
  const { error } = await run(ffmpegPath, ['-version'], new AbortController().signal)
  if (error !== null) throw noFfmpeg(ffmpegPath, error)
}

/** Whether a program could not be started at all, rather than failed. */
export function cannotStart(error: Error): boolean {
  return 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')
}

export function noFfmpeg(ffmpegPath: string, cause: Error): UnavailableError {
  return new UnavailableError(
    `ffmpeg does not run: ${JSON.stringify(ffmpegPath)} (${cause.message.split('\n', 1)[0]})`,
    {
      remedy: 'Install ffmpeg (apt-get install ffmpeg, brew install ffmpeg), or set FFMPEG_PATH to where it is.',
      cause,
    },
  )
}

/** The end of what ffmpeg said, where the reason stands, on one line and without control characters. */
export function lastWords(stderr: string): string {
  return stderr
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(-400)
}

/** `Stream #0:0: Audio: mp3, 44100 Hz, stereo, …`; more than two are `5.1` or `3 channels`. */
function channelsIn(description: string): number | undefined {
  const layout = /Audio: [^\n]*? Hz, ([^,\n]+)/.exec(description)?.[1]?.trim()
  if (layout === 'mono') return 1
  if (layout === 'stereo') return 2
  const counted = /^(\d+) channels/.exec(layout ?? '')?.[1]
  if (counted !== undefined) return Number(counted)
  const [, main, bass] = /^(\d)\.(\d)/.exec(layout ?? '') ?? []
  return main === undefined ? undefined : Number(main) + Number(bass)
}

function run(
  program: string,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly error: Error | null; readonly stderr: string }> {
  const settings = { signal, timeout: PROBE_TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 20 } as const
  return new Promise((resolve) => {
    execFile(program, flags, settings, (error, _stdout, stderr) => resolve({ error, stderr }))
  })
}
