import {
  AftercallError,
  defineDriver,
  errorRecord,
  RetryableError,
  skip,
  Type,
  thrownMessage,
  UnavailableError,
  webhook,
  webhookEvent,
  webhookId,
} from 'aftercall'
import { beginningOf } from './_answer.ts'
import { endpointOf } from './_endpoint.ts'
import { refusalOf } from './_refusal.ts'

const options = Type.Object(
  {
    url: Type.String({
      default: '',
      description: 'Where to POST the event; empty: nowhere. The business’s own wins',
    }),
    secret: Type.String({
      default: '',
      description: 'whsec_ and the base64 of 24 to 64 random bytes, to sign with. The business’s own wins',
    }),
    timeoutSec: Type.Integer({
      default: 15,
      minimum: 1,
      maximum: 30,
      description: 'Seconds that the endpoint may take to answer; Standard Webhooks asks for 15 to 30',
    }),
  },
  { additionalProperties: false },
)

export default defineDriver(webhook, {
  description: 'Delivers by HTTP, signed as Standard Webhooks asks',
  options,
  create: ({ url, secret, timeoutSec }, { fetch }) => ({
    async run(input, { signal, logger }) {
      signal.throwIfAborted()
      const event = webhookEvent(input)
      if (event === undefined) return skip(`there is no event for a call that was ${input.outcome.status}`)
      const endpoint = endpointOf(input.call.business, { url, secret })
      if (endpoint === undefined) return skip('no webhook URL configured, neither in the pipeline nor on the business')

      const id = webhookId(input.run, event.type, endpoint.url)
      const body = JSON.stringify(event)
      const now = new Date()
      const patience = AbortSignal.timeout(timeoutSec * 1_000)
      try {
        const answer = await fetch(endpoint.url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'user-agent': 'aftercall',
            'webhook-id': id,
            'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
            'webhook-signature': endpoint.signer.sign(id, now, body),
          },
          body,
          redirect: 'manual',
          signal: AbortSignal.any([signal, patience]),
        })
        const text = await beginningOf(answer)
        logger.debug({ status: answer.status, endpoint: endpoint.shown, webhookId: id }, 'webhook answered')
        if (!answer.ok) throw refusalOf(answer, endpoint.shown)
        return { webhookId: id, event: event.type, endpoint: endpoint.shown, status: answer.status, answer: text }
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof AftercallError) throw error
        const why = patience.aborted ? `did not answer within ${timeoutSec} s` : `cannot be reached: ${rootOf(error)}`
        throw new RetryableError(`${endpoint.shown} ${why}`, { code: 'webhook-refused', cause: error })
      }
    },
    async check() {
      try {
        endpointOf(null, { url, secret })
      } catch (error) {
        const { code, message, remedy } = errorRecord(error)
        throw new UnavailableError(message, { code, remedy })
      }
    },
  }),
})

/** `fetch` says "fetch failed"; why stands in its cause. */
function rootOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : thrownMessage(error)
}
