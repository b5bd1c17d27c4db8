import type { Configuration } from '../../configuration.ts'
import { AftercallError, requestFailure } from '../../contracts/index.ts'

/** Where a server of this configuration is reached from this machine. Throws `bad-configuration` where nobody can say. */
export function serverAddress({ host, port }: Configuration): string {
  if (port === 0) {
    throw new AftercallError('PORT is 0, so the server listens on a port that it chose itself', {
      code: 'bad-configuration',
      remedy: 'Name it: `aftercall simulate --url http://127.0.0.1:PORT`. The server says it when it starts.',
    })
  }
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/** Throws `server-unreachable` unless an Aftercall answers there. */
export async function requireServer(server: string): Promise<void> {
  const response = await ask(server, '/healthz')
  if (response.ok) return
  throw new AftercallError(`${server}/healthz answers HTTP ${response.status}`, {
    code: 'server-unreachable',
    remedy: 'Something else listens there: set HOST and PORT, or give --url.',
  })
}

/** A whole answer of the server. */
export interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly text: string
}

export async function ask(server: string, path: string, token?: string): Promise<Answer> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return answerOf(server, () => fetch(`${server}${path}`, { headers, redirect: 'manual', signal: patience() }))
}

/** Longer than any good answer takes. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(15_000)
}

/** Throws `server-unreachable` where no answer comes. */
export async function answerOf(server: string, send: () => Promise<Response>): Promise<Answer> {
  try {
    const response = await send()
    return { ok: response.ok, status: response.status, text: await response.text() }
  } catch (error) {
    throw new AftercallError(`no server answers at ${server}: ${requestFailure(error)}`, {
      code: 'server-unreachable',
      cause: error,
    })
  }
}
