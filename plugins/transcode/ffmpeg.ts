import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { defineDriver, Type, transcode } from 'aftercall'
import type { FfmpegCommand } from 'fluent-ffmpeg'
import { fetchRecording } from './_fetched.ts'
import { type ConversionEnd, conversionFault } from './_ffmpeg-fault.ts'
import { channelCount, checkBinary, DEMUXERS, splitFilter } from './_ffmpeg-input.ts'
import { tracksOf } from './_tracks.ts'

const options = Type.Object(
  {
    ffmpegPath: Type.String({
      default: '${FFMPEG_PATH:-ffmpeg}',
      minLength: 1,
      description: 'The ffmpeg program: a path, or a name that is looked up in PATH',
    }),
    maxBytes: Type.Integer({
      default: 2 * 1024 ** 3,
      minimum: 1,
      description: 'Largest recording that is converted, in bytes',
    }),
    maxDurationSec: Type.Integer({
      default: 6 * 3600,
      minimum: 1,
      description: 'Longest recording that is converted, in seconds',
    }),
  },
  { additionalProperties: false },
)

export default defineDriver(transcode, {
  description: 'Converts with ffmpeg to 16 kHz mono WAV, one track per channel',
  options,
  create: ({ ffmpegPath, maxBytes, maxDurationSec }, services) => ({
    async run({ call, recording }, { workdir, signal }) {
      signal.throwIfAborted()
      const fetched = await fetchRecording(services.media, recording, workdir, maxBytes, signal)
      const input = { path: join(workdir, fetched.file), demuxer: DEMUXERS[fetched.sniffed.extension] ?? 'wav' }
      const channels = fetched.header?.channels ?? (await channelCount(ffmpegPath, input, signal))
      const files = Array.from({ length: channels }, (_, channel) => `channel-${channel}.wav`)
      const paths = files.map((file) => join(workdir, file))
      await convert(ffmpegPath, input, paths, maxDurationSec, signal)
      await rm(input.path)
      return await tracksOf(call, workdir, files, maxDurationSec, signal)
    },
    check: () => checkBinary(ffmpegPath),
  }),
})

/** Writes each channel of the input into a file of its own, in one pass. Resolves, or throws, once ffmpeg is gone. */
async function convert(
  ffmpegPath: string,
  input: { readonly path: string; readonly demuxer: string },
  paths: readonly string[],
  maxDurationSec: number,
  signal: AbortSignal,
): Promise<void> {
  // Only when it is used, as whoever validates a pipeline does not.
  const { default: ffmpeg } = await import('fluent-ffmpeg')
  const command = tame(ffmpeg(), ffmpegPath)
    .input(input.path)
    // A playlist or a container with references must not make ffmpeg open anything else.
    .inputOptions(['-nostdin', '-hide_banner', '-loglevel', 'error', '-protocol_whitelist', 'file,pipe'])
    .inputOptions(['-f', input.demuxer])
    .complexFilter(splitFilter(paths.length))
  for (const [channel, path] of paths.entries()) {
    // Files, not pipes: into a pipe ffmpeg writes a RIFF header with no sizes. One second more than is allowed, so
    // that a recording which is too long can be told from one that just fits.
    command
      .output(path)
      .outputOptions(['-map', `[track${channel}]`, '-c:a', 'pcm_s16le', '-t', String(maxDurationSec + 1)])
      .outputOptions(['-map_metadata', '-1', '-fflags', '+bitexact', '-f', 'wav'])
  }
  const end = await ended(command, signal)
  signal.throwIfAborted()
  const fault = conversionFault(end, ffmpegPath)
  if (fault !== undefined) throw fault
}

/** Runs the command; on abort kills it, and waits all the same until it is gone: nothing writes to `workdir` then. */
function ended(command: FfmpegCommand, signal: AbortSignal): Promise<ConversionEnd> {
  return new Promise((resolve) => {
    let started = false
    const kill = () => {
      if (started) command.kill('SIGKILL')
    }
    const finish = (error: Error | undefined, stderr: unknown) => {
      signal.removeEventListener('abort', kill)
      resolve({ error, stderr: typeof stderr === 'string' ? stderr : '' })
    }
    signal.addEventListener('abort', kill)
    command
      .on('start', () => {
        started = true
        if (signal.aborted) kill()
      })
      .on('end', (_stdout: unknown, stderr: unknown) => finish(undefined, stderr))
      .on('error', (error: Error, _stdout: unknown, stderr: unknown) => finish(error, stderr))
      .run()
  })
}

/**
 * fluent-ffmpeg is no longer maintained, and needs taming in three places. It asks ffmpeg for its formats and encoders
 * before each command, and cannot read the answer of newer versions: so the answer is given here. It keeps the path
 * of the program in a variable that all commands share: so this command gets its own. And where the program cannot be
 * started it crashes on the output that is not there: so there is some.
 */
function tame(command: FfmpegCommand, ffmpegPath: string): FfmpegCommand {
  const known = Object.fromEntries(Object.values(DEMUXERS).map((name) => [name, { canDemux: true, canMux: true }]))
  const answer = (value: unknown) => (callback: (error: null, value: unknown) => void) => callback(null, value)
  Reflect.set(command, 'availableFormats', answer(known))
  Reflect.set(command, 'availableEncoders', answer({}))
  Reflect.set(command, '_getFfmpegPath', answer(ffmpegPath))
  const spawn: unknown = Reflect.get(command, '_spawnFfmpeg')
  if (typeof spawn !== 'function') throw new Error('this version of fluent-ffmpeg is not the one that was tamed')
  const nothing = { get: () => '' }
  Reflect.set(command, '_spawnFfmpeg', (args: unknown, settings: unknown, started: unknown, done: Done) =>
    spawn.call(command, args, settings, started, (error: unknown, stdout = nothing, stderr = nothing) =>
      done(error, stdout, stderr),
    ),
  )
  return command
}

type Done = (error: unknown, stdout: object, stderr: object) => void
