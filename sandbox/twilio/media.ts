import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'koa'
import type { Fault } from './faults.ts'
import type { KeptRecording } from './recordings.ts'
import { refusalOf, TwilioRefusal } from './refusal.ts'

export interface MediaFile {
  readonly bytes: Buffer
  readonly contentType: string
}

/** The file that a request asks for, by its extension and `RequestedChannels`. */
export async function mediaFile(
  recording: KeptRecording,
  extension: string,
  requestedChannels: string | undefined,
): Promise<MediaFile> {
  if (requestedChannels === '2' && recording.channels !== 2) {
    throw new TwilioRefusal(400, 16113, 'Requested Channels is invalid: the recording has one channel')
  }
  if (extension === 'mp3') return { bytes: await recording.downloads.mp3(), contentType: 'audio/mpeg' }
  const { dual, mono } = recording.downloads
  return { bytes: requestedChannels === '2' ? dual() : mono(), contentType: 'audio/x-wav' }
}

/** Answers with the file, or with the part that `Range` asks for. */
export function sendFile(context: Context, file: MediaFile): void {
  const { bytes } = file
  context.set('Accept-Ranges', 'bytes')
  context.etag = etagOf(bytes)
  context.type = file.contentType
  const range = requestedRange(context, bytes)
  if (range === 'unsatisfiable') {
    context.set('Content-Range', `bytes */${bytes.length}`)
    context.status = 416
    context.body = ''
    return
  }
  if (range === undefined) {
    context.body = bytes
    return
  }
  context.status = 206
  context.set('Content-Range', `bytes ${range.start}-${range.end}/${bytes.length}`)
  context.body = bytes.subarray(range.start, range.end + 1)
}

/** Answers with the file as the fault would have it. Faults that are not about the file have been met before. */
export async function sendFaulty(context: Context, file: MediaFile, fault: Fault): Promise<void> {
  switch (fault.kind) {
    case 'content-type':
      return sendFile(context, { ...file, contentType: fault.contentType })
    case 'body':
      return sendFile(context, { ...file, bytes: Buffer.from(fault.body) })
    case 'ignore-range':
      context.etag = etagOf(file.bytes)
      context.type = file.contentType
      context.body = file.bytes
      return
    case 'stall':
      return await sendPart(context, file, fault.afterBytes, 'whole', (response) => once(response, 'close'))
    case 'truncate':
      return await sendPart(context, file, fault.afterBytes, fault.promise, async (response) => {
        if (fault.promise === 'whole') response.destroy()
        else response.end()
      })
    default:
      return sendFile(context, file)
  }
}

/** Meets the faults that come before any answer; gives back those that spoil the answer itself. */
export async function meet(context: Context, fault: Fault | undefined): Promise<Fault | undefined> {
  switch (fault?.kind) {
    case 'status':
      throw refusalOf(fault.status, fault.code, fault.retryAfter)
    case 'delay':
      await sleep(fault.ms)
      return undefined
    case 'hang':
      await once(context.res, 'close')
      return undefined
    case 'disconnect':
      context.respond = false
      context.res.destroy()
      return undefined
    default:
      return fault
  }
}

async function sendPart(
  context: Context,
  file: MediaFile,
  bytes: number,
  promise: 'whole' | 'part' | 'none',
  finish: (response: ServerResponse) => Promise<unknown>,
): Promise<void> {
  context.respond = false
  const range = requestedRange(context, file.bytes)
  const asked = typeof range === 'object' ? file.bytes.subarray(range.start, range.end + 1) : file.bytes
  const part = asked.subarray(0, bytes)
  const length = { whole: asked.length, part: part.length, none: undefined }[promise]
  context.res.writeHead(typeof range === 'object' ? 206 : 200, {
    'Content-Type': file.contentType,
    ETag: etagOf(file.bytes),
    ...(length !== undefined && { 'Content-Length': length }),
    ...(typeof range === 'object' && { 'Content-Range': `bytes ${range.start}-${range.end}/${file.bytes.length}` }),
  })
  await new Promise((resolve) => context.res.write(part, resolve))
  await finish(context.res)
}

type Range = { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined

function etagOf(bytes: Buffer): string {
  return `"${createHash('sha1').update(bytes).digest('hex')}"`
}

/** The range that is asked for, unless of a body that is no longer this one (RFC 9110, 13.1.5). */
function requestedRange(context: Context, bytes: Buffer): Range {
  const condition = context.get('If-Range')
  return condition === '' || condition === etagOf(bytes) ? parseRange(context.get('Range'), bytes.length) : undefined
}

/** One range in bytes, as RFC 9110 has it; anything else is ignored, as servers may. */
function parseRange(header: string, size: number): Range {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return start >= size || start > end ? 'unsatisfiable' : { start, end }
}
