import type { Context } from 'koa'
import getRawBody, { type RawBodyError } from 'raw-body'
import { AftercallError } from '../contracts/index.ts'

/**
 * The body of a request as text, read up to `limit` bytes. Throws `unsupported-media-type` for another content type
 * or a compressed body (a small one may unpack to anything), `body-too-large`, or `bad-request` where the body breaks
 * off.
 */
export async function readBody(context: Context, mediaType: string, limit: number): Promise<string> {
  if (context.is(mediaType) !== mediaType) {
    throw new AftercallError(`the body must be ${mediaType}`, { code: 'unsupported-media-type' })
  }
  if (context.get('Content-Encoding') !== '' && context.get('Content-Encoding') !== 'identity') {
    throw new AftercallError('the body must not be compressed', { code: 'unsupported-media-type' })
  }
  try {
    return await getRawBody(context.req, { length: context.request.length ?? null, limit, encoding: 'utf-8' })
  } catch (error) {
    // What is left of the body is not read, so the connection cannot be used again.
    context.set('Connection', 'close')
    throw isTooLarge(error)
      ? new AftercallError(`the body is larger than ${limit} bytes`, { code: 'body-too-large', cause: error })
      : new AftercallError('the body could not be read to its end', { code: 'bad-request', cause: error })
  }
}

function isTooLarge(error: unknown): boolean {
  const type: RawBodyError['type'] = 'entity.too.large'
  return error instanceof Error && 'type' in error && error.type === type
}
