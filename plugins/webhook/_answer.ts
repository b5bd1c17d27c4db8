/** As much of an answer as is kept, bytes. */
const MAX_BYTES = 16 * 1024

/** The beginning of the body as text. The rest is never read: what an endpoint sends is not ours to store. */
export async function beginningOf(answer: Response): Promise<string> {
  if (answer.body === null) return ''
  const parts: Uint8Array[] = []
  let length = 0
  // Leaving the loop cancels the rest.
  for await (const part of answer.body) {
    parts.push(part)
    length += part.length
    if (length >= MAX_BYTES) break
  }
  return Buffer.concat(parts).subarray(0, MAX_BYTES).toString('utf8')
}
