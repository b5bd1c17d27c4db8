import { createHash, timingSafeEqual } from 'node:crypto'
import type { Middleware } from 'koa'
import { AftercallError } from '../contracts/index.ts'

/**
 * Lets only those through who send `Authorization: Bearer <token>`. Hashes are compared, so that neither the time nor
 * the length tells anything. An empty token lets nobody through.
 */
export function requireToken(token: string): Middleware {
  const expected = digest(token)
  return async (context, next) => {
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(context.get('Authorization')) ?? []
    if (token === '' || !timingSafeEqual(digest(given), expected)) {
      context.set('WWW-Authenticate', 'Bearer realm="aftercall"')
      throw new AftercallError('the token is missing or wrong', { code: 'unauthorized' })
    }
    await next()
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
