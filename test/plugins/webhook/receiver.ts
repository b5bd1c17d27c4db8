import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly method: string | undefined
  readonly url: string | undefined
  readonly body: string
}

export interface Receiver {
  readonly url: string
  readonly deliveries: readonly Delivery[]
  close(): Promise<void>
}

/** An endpoint that keeps what it is sent and lets `answer` answer. */
export async function startReceiver(
  answer: RequestListener = (_, response) => response.end('thanks'),
): Promise<Receiver> {
  const deliveries: Delivery[] = []
  const server = createServer(async (request, response) => {
    const { headers, method, url } = request
    deliveries.push({ headers, method, url, body: await text(request) })
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    deliveries,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
