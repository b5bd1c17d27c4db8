import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { bufferSource, readWavHeader, type WavHeader } from '../../audio/index.ts'
import { AftercallError, thrownMessage } from '../../contracts/index.ts'
import type { Settings } from './settings.ts'

/** A recording of a call that never was, where the server looks for recordings. */
export interface ServedRecording {
  readonly callSid: string
  readonly recordingSid: string
  /** Whole seconds, as Twilio tells them. */
  readonly durationSec: number
  readonly channels: 1 | 2
  /** The WAV file. */
  readonly audio: Buffer
  close(): Promise<void>
}

/** Throws `bad-request` for a file that cannot be served, and `bad-configuration` where the port is taken. */
export async function serveRecording(file: string, settings: Settings): Promise<ServedRecording> {
  const audio = await readAudio(file)
  const { channels, durationSec } = await checkedHeader(file, audio)
  const sandbox = await startSandbox(settings)
  const callSid = sid('CA')
  const recordingSid = sid('RE')
  await sandbox.addRecording(recordingSid, { audio, callSid })
  return {
    callSid,
    recordingSid,
    durationSec: Math.max(1, Math.round(durationSec)),
    channels: channels === 1 ? 1 : 2,
    audio,
    close: () => sandbox.close(),
  }
}

function sid(kind: 'CA' | 'RE'): string {
  return `${kind}${randomUUID().replaceAll('-', '')}`
}

async function readAudio(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new AftercallError(`${file} cannot be read: ${thrownMessage(error)}`, { code: 'bad-request', cause: error })
  }
}

async function checkedHeader(file: string, audio: Buffer): Promise<WavHeader> {
  const refuse = (reason: string) =>
    new AftercallError(`${file} cannot be simulated: ${reason}`, {
      code: 'bad-request',
      remedy: 'Give a WAV file such as Twilio makes: `ffmpeg -i FILE -ac 2 -c:a pcm_s16le call.wav` converts others.',
    })
  const header = await readWavHeader(bufferSource(audio)).catch((error: unknown) => {
    throw refuse(thrownMessage(error))
  })
  if (header.encoding === 'other') throw refuse('its encoding is neither PCM nor A-law or µ-law')
  if (header.channels > 2) throw refuse(`it has ${header.channels} channels, and a call has one or two`)
  return header
}

async function startSandbox({ mediaPort, accountSid, authToken }: Settings): Promise<TwilioSandbox> {
  try {
    return await startTwilioSandbox({ port: mediaPort, accountSid, authToken })
  } catch (error) {
    throw new AftercallError(`the recording cannot be served on port ${mediaPort}: ${thrownMessage(error)}`, {
      code: 'bad-configuration',
      remedy: 'End what listens there, or name another port in TWILIO_API_URL and start the server again.',
      cause: error,
    })
  }
}
