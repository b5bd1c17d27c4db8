import type { Context, Middleware } from 'koa'
import { v7 as uuid } from 'uuid'
import { AftercallError, type ErrorRecord, errorRecord, type Logger, remedyOf } from '../contracts/index.ts'
import { statusOf } from './status.ts'

/**
 * Answers every error as JSON `{ error: { code, message, remedy } }`. What was thrown on purpose is told as it is; of
 * anything else the caller learns a request id, and the log the rest. What is our fault is logged in any case.
 */
export function answerErrors(logger: Logger): Middleware {
  return async (context, next) => {
    const requestId = uuid()
    context.set('X-Request-Id', requestId)
    try {
      await next()
      if (context.status >= 400 && isEmpty(context)) answer(context, context.status, unroutedError(context))
    } catch (thrown) {
      const status = thrown instanceof AftercallError ? statusOf(thrown.code) : undefined
      if (status === undefined || status >= 500) {
        logger.error({ err: thrown, requestId, method: context.method, path: context.path }, 'A request failed')
      }
      if (status === undefined) {
        answer(context, 500, {
          code: 'internal',
          message: `something went wrong here; the log has it under ${requestId}`,
          remedy: remedyOf('internal'),
        })
      } else {
        answer(context, status, errorRecord(thrown))
      }
    }
  }
}

function isEmpty({ body }: Context): boolean {
  return body === undefined || body === null
}

function answer(context: Context, status: number, error: ErrorRecord): void {
  context.status = status
  context.body = { error }
}

/** What no route has answered: an address that there is not, or a method that it does not have. */
function unroutedError({ status, method, path }: Context): ErrorRecord {
  const code = status === 404 ? 'not-found' : 'method-not-allowed'
  const message = status === 404 ? `there is no ${path}` : `${path} does not answer ${method}`
  return { code, message, remedy: status === 404 ? 'Check the address.' : remedyOf(code) }
}
