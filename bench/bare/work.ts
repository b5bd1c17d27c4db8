import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'

/** Commits a result of the call. */
export type Keep = (name: string, value: unknown) => Promise<void>

export interface Call {
  readonly callSid: string
  readonly recordingSid: string
}

const run = promisify(execFile)

/** From the recording to the webhook, in a straight line. */
export async function workOn(call: Call, keep: Keep): Promise<void> {
  const recording = await download(call)
  await keep('recording', { recording })
  const audio = setting('TRANSCODE') === 'ffmpeg' ? await transcode(recording) : recording
  await keep('audio', { audio })
  const transcript = await transcribe(audio)
  await keep('transcript', transcript)
  const [summary, fields] = await Promise.all([
    kept('summary', ask('Summarise the call.', transcript.text), keep),
    kept('fields', ask('Extract city and service.', transcript.text, FIELDS), keep),
  ])
  await deliver({ type: 'call.completed', data: { call_sid: call.callSid, transcript, summary, fields } })
  await keep('receipt', {})
}

async function download({ recordingSid }: Call): Promise<string> {
  const account = setting('TWILIO_ACCOUNT_SID')
  const credentials = Buffer.from(`${account}:${setting('TWILIO_AUTH_TOKEN')}`).toString('base64')
  const response = await fetch(
    `${setting('TWILIO_API_URL')}/2010-04-01/Accounts/${account}/Recordings/${recordingSid}.wav`,
    { headers: { authorization: `Basic ${credentials}` } },
  )
  const folder = join(setting('DATA_DIR'), 'recordings')
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${recordingSid}.wav`)
  await writeFile(file, await bytesOf(response), { flush: true })
  return file
}

async function transcode(recording: string): Promise<string> {
  const audio = recording.replace('.wav', '.16k.wav')
  await run('ffmpeg', ['-nostdin', '-loglevel', 'error', '-i', recording, '-ar', '16000', '-ac', '1', audio])
  return audio
}

async function transcribe(file: string): Promise<{ readonly text: string }> {
  const form = new FormData()
  form.set('model', 'gpt-transcribe')
  form.set('file', new File([await readFile(file)], 'call.wav', { type: 'audio/wav' }))
  const answer: { readonly text: string } = JSON.parse(await openAi('/audio/transcriptions', form))
  return { text: answer.text }
}

const FIELDS = {
  type: 'json_schema',
  json_schema: {
    name: 'fields',
    strict: true,
    schema: {
      type: 'object',
      properties: { city: { type: ['string', 'null'] }, service: { type: ['string', 'null'] } },
      required: ['city', 'service'],
      additionalProperties: false,
    },
  },
}

async function ask(question: string, transcript: string, format?: object): Promise<unknown> {
  const messages = [
    { role: 'system', content: question },
    { role: 'user', content: transcript },
  ]
  const body = JSON.stringify({ model: 'gpt-6-luna', messages, ...(format && { response_format: format }) })
  return JSON.parse(await openAi('/chat/completions', body)).choices[0].message.content
}

async function openAi(path: string, body: string | FormData): Promise<string> {
  const response = await fetch(`${setting('OPENAI_BASE_URL')}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${setting('OPENAI_API_KEY')}`,
      ...(typeof body === 'string' && { 'content-type': 'application/json' }),
    },
    body,
  })
  return (await bytesOf(response)).toString()
}

async function deliver(event: object): Promise<void> {
  const body = JSON.stringify(event)
  const id = `msg_${crypto.randomUUID()}`
  const now = new Date()
  const response = await fetch(setting('WEBHOOK_URL'), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(setting('WEBHOOK_SECRET')).sign(id, now, body),
    },
    body,
  })
  await bytesOf(response)
}

async function kept<T>(name: string, result: Promise<T>, keep: Keep): Promise<T> {
  const value = await result
  await keep(name, { value })
  return value
}

async function bytesOf(response: Response): Promise<Buffer> {
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${bytes.toString()}`)
  return bytes
}

function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}
