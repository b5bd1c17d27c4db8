import { Ajv } from 'ajv'
import type { Context } from 'koa'
import { AftercallError, type Media, type Recording, recording } from '../contracts/index.ts'
import type { RunRecord } from '../store/calls.ts'
import { requestedRange } from './byte-range.ts'
import { lastArtifacts } from './call-view.ts'

const isRecording = new Ajv({ strict: true }).compile<Recording>(recording.schema)

/** Answers with the recording of a run, streamed from wherever its store keeps it, or with a part of it. */
export async function answerAudio(context: Context, media: Media, run: RunRecord | null): Promise<void> {
  const artifact = run === null ? undefined : lastArtifacts(run)['recording']
  if (!isRecording(artifact)) throw new AftercallError('the call has no stored recording', { code: 'not-found' })
  const signal = abortedWithClient(context)
  const total = await lengthOf(media, artifact, signal)
  const range = total === null || !wantsRange(context, artifact) ? WHOLE : requestedRange(context.get('Range'), total)

  context.set('Accept-Ranges', total === null ? 'none' : 'bytes')
  if (artifact.sha256 !== null) context.etag = artifact.sha256
  if (range.kind === 'outside') {
    context.set('Content-Range', `bytes */${total}`)
    throw new AftercallError(`the recording has ${total} bytes`, { code: 'range-not-satisfiable' })
  }
  const part = range.kind === 'part' ? { start: range.start, end: range.end } : undefined
  if (context.method !== 'HEAD') context.body = (await media.open(artifact, part, signal)).stream
  context.status = part === undefined ? 200 : 206
  context.type = artifact.mediaType
  if (part !== undefined) context.set('Content-Range', `bytes ${part.start}-${part.end}/${total}`)
  if (total !== null) context.length = part === undefined ? total : part.end - part.start + 1
}

const WHOLE = { kind: 'whole' } as const

/** A store that fetches from elsewhere when asked may not have known the length when it kept the recording. */
async function lengthOf(media: Media, artifact: Recording, signal: AbortSignal): Promise<number | null> {
  if (artifact.bytes !== null) return artifact.bytes
  const { stream, total } = await media.open(artifact, undefined, signal)
  stream.destroy()
  return total
}

/** A range of what the client has seen before is of no use where that has changed (RFC 9110, 13.1.5). */
function wantsRange(context: Context, { sha256 }: Recording): boolean {
  const condition = context.get('If-Range')
  return context.get('Range') !== '' && (condition === '' || (sha256 !== null && condition === `"${sha256}"`))
}

function abortedWithClient({ res }: Context): AbortSignal {
  const controller = new AbortController()
  res.once('close', () => controller.abort())
  return controller.signal
}
