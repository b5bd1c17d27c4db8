import { once } from 'node:events'
import { createServer } from 'node:http'
import type Koa from 'koa'

export interface Listening {
  readonly url: string
  /** Hanging requests are cut off. */
  close(): Promise<void>
}

/** Serves an app on loopback; port 0 is any free one. */
export async function listen(app: Koa, port: number): Promise<Listening> {
  // Cut connections are what a sandbox is for; they need no log.
  app.silent = true
  const server = createServer(app.callback())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
