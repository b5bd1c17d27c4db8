import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import type { WebhookEvent } from '../../core/contracts/index.ts'

/** A webhook as it arrived. Its signature has been found right, or it would not be here. */
export interface ReceivedEvent {
  /** The `webhook-id`. */
  readonly id: string
  readonly event: WebhookEvent
}

/** Answers an event. */
export type Answering = (received: ReceivedEvent, response: ServerResponse) => void

/** The owner's endpoint: verifies as receivers do, keeps what comes, and answers as it is told. */
export interface Endpoint {
  readonly url: string
  /** In the order of arrival, repetitions included. */
  readonly received: readonly ReceivedEvent[]
  /** Requests whose signature was wrong. */
  readonly forged: number
  /** 200 until somebody says otherwise. */
  answerWith(answering: Answering): void
  /** What came for one call. */
  of(callSid: string): readonly ReceivedEvent[]
  close(): Promise<void>
}

export function answer(status: number, headers: Readonly<Record<string, string>> = {}): Answering {
  return (_received, response) => response.writeHead(status, headers).end()
}

export async function startEndpoint(secret: string): Promise<Endpoint> {
  const verifier = new Webhook(secret)
  const received: ReceivedEvent[] = []
  let forged = 0
  let answering = answer(200)
  const server = createServer(async (request, response) => {
    const event = verified(verifier, request, await text(request))
    if (event === undefined) {
      forged += 1
      response.writeHead(401).end()
      return
    }
    const arrived = { id: String(request.headers['webhook-id']), event }
    received.push(arrived)
    answering(arrived, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/calls`,
    received,
    get forged() {
      return forged
    },
    answerWith: (next) => {
      answering = next
    },
    of: (callSid) => received.filter(({ event }) => event.data.call_sid === callSid),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function verified(verifier: Webhook, request: IncomingMessage, body: string): WebhookEvent | undefined {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  try {
    // Signed by ourselves with a secret of this test: then it is what webhookEvent made.
    return verifier.verify(body, headers) as WebhookEvent
  } catch {
    return undefined
  }
}
