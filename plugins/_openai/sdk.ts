import { OpenAI } from 'openai'
import { Agent } from 'undici'
import { fetchWhole } from './whole-body.ts'

export { toFile } from 'openai'
export { providerError } from './errors.ts'

export interface Session {
  readonly client: OpenAI
  close(): Promise<void>
}

/** A day, in milliseconds: how long a stage may take is the engine's business, and its signal ends the request. */
const NO_LIMIT_OF_ITS_OWN = 24 * 60 * 60_000

/**
 * A client without retries and timeouts of its own: the engine owns both. `fetch` would give up on headers that take
 * five minutes, and a long recording on a small machine of one's own takes longer.
 */
export function openSession(apiKey: string, baseUrl: string): Session {
  const dispatcher = new Agent({ headersTimeout: NO_LIMIT_OF_ITS_OWN, bodyTimeout: NO_LIMIT_OF_ITS_OWN })
  const client = new OpenAI({
    apiKey,
    baseURL: baseUrl === '' ? 'https://api.openai.com/v1' : baseUrl,
    maxRetries: 0,
    timeout: NO_LIMIT_OF_ITS_OWN,
    logLevel: 'off',
    fetch: fetchWhole,
    fetchOptions: { dispatcher },
  })
  return { client, close: () => dispatcher.destroy() }
}
