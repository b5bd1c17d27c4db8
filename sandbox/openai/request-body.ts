import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import rawBody from 'raw-body'
import { Refusal } from './refusal.ts'

/** OpenAI's limit on one request, bytes. */
const MAX_BODY_BYTES = 25 * 1024 * 1024

/**
 * The whole body. One that is too long is read to its end before it is refused: a client that is still sending would
 * otherwise see a broken connection instead of the 413.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  try {
    return Buffer.from(await rawBody(request, { limit: MAX_BODY_BYTES }))
  } catch (error) {
    if (!(error instanceof Error && 'type' in error && error.type === 'entity.too.large')) throw error
    await finished(request.resume(), { writable: false })
    throw new Refusal(413, `Maximum content size limit (${MAX_BODY_BYTES}) exceeded`, { type: 'server_error' })
  }
}

/** A multipart form, parsed by the platform. */
export async function readForm(request: IncomingMessage): Promise<FormData> {
  const body = await readBody(request)
  const contentType = request.headers['content-type'] ?? ''
  try {
    return await new Response(body, { headers: { 'content-type': contentType } }).formData()
  } catch {
    throw new Refusal(400, 'Could not parse multipart form')
  }
}

/** A JSON object. */
export async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const text = (await readBody(request)).toString('utf8')
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal(400, 'We could not parse the JSON body of your request.')
  }
  return { ...value }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
