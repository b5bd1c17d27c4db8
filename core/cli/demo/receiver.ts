import { once } from 'node:events'
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

/** A webhook as it arrived. */
export interface Delivery {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether the signature is right, by the library that receivers use. */
  readonly signature: 'right' | 'wrong'
}

export interface Receiver {
  readonly url: string
  /** The first webhook that arrives. */
  readonly delivery: Promise<Delivery>
  close(): Promise<void>
}

/** The owner's endpoint, as the demo plays it: checks the signature, answers 200 or 401. */
export async function startReceiver(secret: string): Promise<Receiver> {
  const arrived = Promise.withResolvers<Delivery>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        name.startsWith('webhook-') && typeof value === 'string' ? [[name, value]] : [],
      ),
    )
    const signature = verify(secret, body, headers)
    response.writeHead(signature === 'right' ? 200 : 401).end()
    arrived.resolve({ headers, body, signature })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
  return {
    url: `http://127.0.0.1:${address.port}/calls`,
    delivery: arrived.promise,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function verify(secret: string, body: string, headers: Record<string, string>): Delivery['signature'] {
  try {
    new Webhook(secret).verify(body, headers)
    return 'right'
  } catch {
    return 'wrong'
  }
}
