import { Type, UnavailableError } from 'aftercall'

/** The options that every driver of this SDK has: spread them into its schema. */
export const connectionOptions = {
  apiKey: Type.String({
    default: '${OPENAI_API_KEY:-}',
    description: 'API key; a server of your own (`baseUrl`) may need none',
  }),
  baseUrl: Type.String({
    default: '${OPENAI_BASE_URL:-}',
    description: 'Address of an OpenAI-compatible server, `/v1` included; empty: OpenAI itself',
  }),
}

export interface Connection {
  readonly apiKey: string
  readonly baseUrl: string
}

/** Compatible servers without keys still want a header, and the SDK wants a key. */
const NO_KEY_NEEDED = 'not-needed'

/** The key to send. Throws an UnavailableError where OpenAI itself would have to be asked without one. */
export function keyOf({ apiKey, baseUrl }: Connection): string {
  if (apiKey !== '') return apiKey
  if (baseUrl !== '') return NO_KEY_NEEDED
  throw new UnavailableError('there is no OpenAI key: OPENAI_API_KEY is not set', {
    code: 'key-missing',
    remedy:
      'Put OPENAI_API_KEY=sk-… into .env (or the environment) and restart. For an OpenAI-compatible server of your own set OPENAI_BASE_URL.',
  })
}
