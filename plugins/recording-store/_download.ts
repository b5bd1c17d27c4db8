import { Readable } from 'node:stream'
import { discard, unreachable } from '../_twilio/request.ts'
import { proveContentType } from './_proof.ts'

/**
 * The body of an answer that may be audio, with the length it was promised to have. Throws a PermanentError where its
 * content type says that it is none; a body that breaks off fails with a RetryableError.
 */
export async function downloadOf(
  response: Response,
): Promise<{ readonly stream: Readable; readonly bytes: number | null }> {
  try {
    proveContentType(response.headers.get('content-type'))
  } catch (error) {
    await discard(response)
    throw error
  }
  const length = response.headers.get('content-length')
  return {
    stream: Readable.from(bodyOf(response), { objectMode: false }),
    bytes: length === null ? null : Number(length),
  }
}

async function* bodyOf(response: Response): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response.body ?? []) yield Buffer.from(chunk)
  } catch (error) {
    throw unreachable(error, 'the download broke off')
  }
}
