import type { OpenAI, toFile } from 'openai'
import { type Connection, keyOf } from './connection.ts'

/** OpenAI, or a server that speaks like it. */
export interface Provider {
  /**
   * Makes requests with the SDK. What goes wrong comes out as one of Aftercall's errors, an abort as the reason of
   * the signal. Pass the signal on to the SDK as well.
   */
  request<T>(signal: AbortSignal, ask: (client: OpenAI, upload: typeof toFile) => Promise<T>): Promise<T>
  /** Throws an UnavailableError where there is no key. */
  check(): Promise<void>
  close(): Promise<void>
}

/** Costs nothing until the first request. */
export function openAi(connection: Connection): Provider {
  let opened: Promise<typeof import('./sdk.ts')> | undefined
  let session: ReturnType<typeof import('./sdk.ts').openSession> | undefined
  // The SDK takes a fifth of a second to load: too long for commands that only look at the pipeline.
  const load = () => {
    opened ??= import('./sdk.ts')
    return opened
  }
  return {
    async request(signal, ask) {
      signal.throwIfAborted()
      const apiKey = keyOf(connection)
      const { openSession, providerError, toFile } = await load()
      session ??= openSession(apiKey, connection.baseUrl)
      try {
        return await ask(session.client, toFile)
      } catch (error) {
        throw signal.aborted ? signal.reason : providerError(error)
      }
    },
    async check() {
      keyOf(connection)
    },
    async close() {
      await session?.close()
      session = undefined
    },
  }
}
