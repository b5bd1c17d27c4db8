import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenAiSandbox } from '../../sandbox/openai/index.ts'
import type { TwilioSandbox } from '../../sandbox/twilio/index.ts'
import type { Endpoint } from './endpoint.ts'

/** Where Twilio believes that the server is: signatures are computed over it. */
export const PUBLIC_URL = 'https://calls.example.com'

export type Transcode = 'passthrough' | 'ffmpeg'

export interface World {
  readonly folder: string
  readonly twilio: TwilioSandbox
  readonly openai: OpenAiSandbox
  readonly endpoint: Endpoint
  readonly transcode: Transcode
}

/** The variables of a server in this world, but for its database and its data. Writes the pipeline that they name. */
export async function settingsOf(world: World): Promise<Readonly<Record<string, string>>> {
  const { folder, twilio, openai, endpoint, transcode } = world
  const pipeline = join(folder, 'pipeline.yaml')
  await writeFile(pipeline, pipelineText(transcode))
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    PUBLIC_URL,
    PIPELINE: pipeline,
    // Only the bare server reads it: it has no pipeline.
    TRANSCODE: transcode,
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_API_URL: twilio.url,
    OPENAI_API_KEY: 'pretended',
    OPENAI_BASE_URL: openai.url,
    WEBHOOK_URL: endpoint.url,
    WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
    ADMIN_TOKEN: randomBytes(32).toString('hex'),
  }
}

/** The stages of the shipped pipeline, without its fallbacks. */
function pipelineText(transcode: Transcode): string {
  return `version: 1
stages:
  - { stage: recording-store, use: filesystem }
  - { stage: transcode, use: ${transcode} }
  - { stage: stt, use: openai }
  - { stage: summarize, use: openai }
  - stage: extract
    use: openai
    with:
      fields:
        city: { description: Where the service is needed, vocabulary: [Tel Aviv, Haifa], open: true }
        service: { description: What the caller needs, vocabulary: [plumber, electrician] }
  - stage: webhook
    use: http
    with: { url: "\${WEBHOOK_URL}", secret: "\${WEBHOOK_SECRET}" }
`
}
