import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** The endpoint that the webhooks of all calls go to. It answers at once. */
export interface Endpoint {
  readonly url: string
  /**
   * When the last byte of a call's webhook came, on the clock of `performance.now()`. Rejects when the webhook tells
   * of anything but a completed call, and when it does not come in time.
   */
  delivery(callSid: string): Promise<number>
  close(): Promise<void>
}

/** Longer than a thousand calls take on a slow machine. */
const PATIENCE_MS = 300_000

export async function startEndpoint(): Promise<Endpoint> {
  const expected = new Map<string, PromiseWithResolvers<number>>()
  const server = createServer(async (request, response) => {
    const body: unknown = await json(request)
    const at = performance.now()
    response.writeHead(204).end()
    const { callSid, type } = eventOf(body)
    const delivery = expected.get(callSid)
    if (type === 'call.completed') delivery?.resolve(at)
    else delivery?.reject(new Error(`the webhook of a call says ${type}: ${JSON.stringify(body)}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/calls`,
    delivery(callSid) {
      const delivery = Promise.withResolvers<number>()
      const timer = setTimeout(() => delivery.reject(new Error(`no webhook of ${callSid} came`)), PATIENCE_MS)
      expected.set(callSid, delivery)
      return delivery.promise.finally(() => {
        clearTimeout(timer)
        expected.delete(callSid)
      })
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function eventOf(body: unknown): { readonly callSid: string; readonly type: string } {
  if (typeof body !== 'object' || body === null || !('type' in body) || !('data' in body)) throw new Error('no event')
  const { type, data } = body
  if (typeof data !== 'object' || data === null || !('call_sid' in data)) throw new Error('an event of no call')
  return { callSid: String(data.call_sid), type: String(type) }
}
