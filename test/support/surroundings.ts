import { randomBytes } from 'node:crypto'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenAiSandbox, startOpenAiSandbox } from '../../sandbox/openai/index.ts'
import {
  type NewRecording,
  sendRecordingCallback,
  sendStatusCallback,
  startTwilioSandbox,
  type TwilioSandbox,
} from '../../sandbox/twilio/index.ts'
import { wav } from '../plugins/_openai/wav.ts'
import { sidOf } from './calls.ts'
import { type Endpoint, startEndpoint } from './endpoint.ts'
import { pipeline } from './pipelines.ts'
import type { GivenDatabase } from './stores.ts'

/** The address that Twilio calls; the server itself listens on loopback. */
const PUBLIC_URL = 'https://calls.example.com'
export const ADMIN_TOKEN = 'an-admin-token-of-the-tests'
export const CUSTOMER = '+972505550123'
export const BUSINESS = '+97245550100'

export interface PlacedCall {
  readonly callSid: string
  readonly recordingSid: string
}

/** Everything around an installation of Aftercall: the providers, pretended on loopback, an endpoint, and a folder. */
export interface Surroundings {
  /** Absolute. DATA_DIR and pipeline.yaml are in it. */
  readonly folder: string
  readonly dataDir: string
  readonly pipelineFile: string
  readonly twilio: TwilioSandbox
  readonly openai: OpenAiSandbox
  readonly endpoint: Endpoint
  /** The variables that name all of it. */
  readonly environment: Readonly<Record<string, string>>
  writePipeline(text: string): Promise<void>
  /** Puts a recording at Twilio and sends what Twilio sends when its call ends. Throws unless both are acknowledged. */
  placeCall(at: string, words: string, recording?: Partial<NewRecording>): Promise<PlacedCall>
  /** What Twilio sends when a recording begins. */
  sendRecordingStarted(at: string, call: PlacedCall): Promise<Response>
  /** As Twilio repeats or delays it: one callback, whatever comes of it. */
  sendCompleted(at: string, call: PlacedCall, durationSec?: number): Promise<Response>
  close(): Promise<void>
}

/** A second of speech-like sound on one channel, as phones record it. */
export const SHORT_RECORDING = wav(1, 8_000)

export async function openSurroundings(database: GivenDatabase['address']): Promise<Surroundings> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'aftercall-installation-')))
  const dataDir = join(folder, 'data')
  const pipelineFile = join(folder, 'pipeline.yaml')
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const [twilio, openai, endpoint] = await Promise.all([
    startTwilioSandbox(),
    startOpenAiSandbox(),
    startEndpoint(secret),
  ])
  const writePipeline = (text: string) => writeFile(pipelineFile, text)
  await writePipeline(pipeline())
  const target = (path: string, at: string) => ({ url: `${PUBLIC_URL}${path}`, at, ...credentialsOf(twilio) })

  const surroundings: Surroundings = {
    folder,
    dataDir,
    pipelineFile,
    twilio,
    openai,
    endpoint,
    environment: {
      PATH: process.env['PATH'] ?? '',
      HOST: '127.0.0.1',
      PORT: '0',
      PUBLIC_URL,
      DATA_DIR: dataDir,
      DATABASE_URL: database.kind === 'sqlite' ? `sqlite:${database.file}` : database.url,
      PIPELINE: pipelineFile,
      ADMIN_TOKEN,
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken,
      TWILIO_API_URL: twilio.url,
      OPENAI_API_KEY: 'sk-of-the-tests',
      OPENAI_BASE_URL: openai.url,
      WEBHOOK_URL: endpoint.url,
      WEBHOOK_SECRET: secret,
    },
    writePipeline,
    async placeCall(at, words, recording = {}) {
      const call = { callSid: sidOf('CA', words), recordingSid: sidOf('RE', words) }
      await twilio.addRecording(call.recordingSid, { audio: SHORT_RECORDING, callSid: call.callSid, ...recording })
      const status = await sendStatusCallback(target('/twilio/status', at), {
        callSid: call.callSid,
        status: 'completed',
        from: CUSTOMER,
        to: BUSINESS,
        durationSec: 1,
      })
      const completed = await surroundings.sendCompleted(at, call)
      for (const answered of [status, completed]) {
        if (answered.status !== 204) throw new Error(`a callback was answered ${answered.status}`)
      }
      return call
    },
    sendRecordingStarted: (at, call) =>
      sendRecordingCallback(target('/twilio/recording', at), { ...call, status: 'in-progress', channels: 1 }),
    sendCompleted: (at, call, durationSec = 1) =>
      sendRecordingCallback(target('/twilio/recording', at), {
        ...call,
        status: 'completed',
        durationSec,
        channels: 1,
      }),
    async close() {
      await Promise.all([twilio.close(), openai.close(), endpoint.close()])
      await rm(folder, { recursive: true, force: true })
    },
  }
  return surroundings
}

function credentialsOf({ accountSid, authToken }: TwilioSandbox) {
  return { accountSid, authToken }
}
