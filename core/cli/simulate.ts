import { resolve } from 'node:path'
import { Option } from 'commander'
import { SAMPLE_FILE } from '../../sandbox/sample/index.ts'
import { duration, webAddress } from './argument.ts'
import type { CommandModule } from './command.ts'
import { EXIT } from './exit.ts'
import type { CommandIo } from './io.ts'
import { type CallReader, openCallReader, type SeenCall } from './simulate/call-reader.ts'
import { askForTwiml, sendCallbacks } from './simulate/callbacks.ts'
import { essentials } from './simulate/essentials.ts'
import { type ServedRecording, serveRecording } from './simulate/recording.ts'
import { requireServer, serverAddress } from './simulate/server.ts'
import { type Settings, simulationSettings } from './simulate/settings.ts'
import { watch } from './simulate/watch.ts'

interface Options {
  readonly to: string
  readonly from: string
  readonly audio?: string
  readonly url?: string
  readonly voice: boolean
  readonly wait: boolean
  /** Milliseconds. */
  readonly timeout: number
  readonly json?: boolean
  readonly stream?: 'beside' | 'only'
}

/** Plays Twilio to a running server: one call, from its first ring to its recording. */
export const command: CommandModule = {
  declare(command, io) {
    command
      .option('--to <number>', 'the number that is called', '+14155550100')
      .option('--from <number>', 'the number that calls', '+14155550123')
      .option('--audio <file>', 'a WAV recording, of two channels with the caller on the first; else a sample call')
      .addOption(
        new Option('--stream [only]', 'stream the audio live, too; with `only`, Twilio has no recording beside it')
          .choices(['beside', 'only'])
          .preset('beside'),
      )
      .option('--url <address>', 'where the server listens, if not on HOST and PORT', webAddress)
      .option('--no-voice', 'as if another system answered the call: do not ask the server for TwiML')
      .option('--no-wait', 'end as soon as the server has the recording, not when the run is over')
      .addOption(
        new Option('--timeout <duration>', 'how long to wait for the outcome, and then again for its deliveries')
          .argParser(duration)
          .default(120_000, '2m'),
      )
      .option('--json', 'print what GET /api/calls/CALL_SID answers')
      .addHelpText(
        'after',
        '\nCallbacks are signed over PUBLIC_URL with the first TWILIO_AUTH_TOKEN. The recording is served from here: start' +
          '\nthe server with a TWILIO_API_URL on this machine. What has to be set is said where it is missing.' +
          '\nFails where a callback is refused, and where the run fails, is cancelled or is not decided in time.',
      )
      .action((options: Options) => simulate(options, io))
  },
}

async function simulate(options: Options, io: CommandIo): Promise<void> {
  const configuration = await io.loadConfiguration()
  const server = options.url ?? serverAddress(configuration)
  const settings = simulationSettings(configuration, server)
  await requireServer(server)
  const recording = await serveRecording(
    options.audio === undefined ? SAMPLE_FILE : resolve(io.cwd, options.audio),
    settings,
  )
  try {
    const reader = await openCallReader(server, configuration)
    try {
      await play(options, settings, recording, reader, io)
    } finally {
      await reader.close()
    }
  } finally {
    await recording.close()
  }
}

async function play(
  { from, to, voice, wait, timeout, json, stream }: Options,
  settings: Settings,
  recording: ServedRecording,
  reader: CallReader,
  io: CommandIo,
): Promise<void> {
  const { callSid } = recording
  io.stderr.write(`Call ${callSid} from ${from} to ${to}, ${recording.durationSec} s\n`)
  const call = { ...recording, from, to, ...(stream === undefined ? {} : { stream }) }
  if (voice) io.stderr.write(`Answered: ${verbsOf(await askForTwiml(settings, call))}\n`)
  await sendCallbacks(settings, call)
  const seen = await watch(reader, callSid, { until: wait ? isSettled : hasRecording, timeoutMs: timeout }, io)
  io.stderr.write('\n')
  if (seen !== undefined) io.stdout.write(json === true ? `${JSON.stringify(seen, null, 2)}\n` : essentials(seen))

  const outcome = seen?.run?.outcome ?? null
  if (outcome === 'failed' || outcome === 'cancelled') io.end(EXIT.failed)
  if (seen !== undefined && (wait ? isSettled(seen) : hasRecording(seen))) return
  io.stderr.write(`${outcome === null ? NOT_DECIDED : NOT_DELIVERED} See on: aftercall calls ${callSid}\n`)
  if (outcome === null) io.end(EXIT.failed)
}

const NOT_DECIDED = 'The run has not come so far in time. Is a worker running (`aftercall start`)?'
const NOT_DELIVERED = 'The outcome is decided, but not everything is delivered yet.'

/** The TwiML without its XML declaration, as one line. */
function verbsOf(twiml: string): string {
  return twiml.replace(/^<\?xml[^>]*\?>\s*/, '').replaceAll(/\s*\n\s*/g, '')
}

function isSettled({ run }: SeenCall): boolean {
  return run?.status === 'settled'
}

/** Or will never have it. */
function hasRecording({ run, artifacts }: SeenCall): boolean {
  return 'recording' in artifacts || (run?.outcome ?? null) !== null
}
