import { lookup } from 'node:dns/promises'
import { Agent, fetch } from 'undici'
import { AftercallError, type GuardedFetch, PermanentError } from '../contracts/index.ts'
import { guardedConnector, type Lookup } from './connection.ts'

export interface OutboundRules {
  /** Hosts, addresses and CIDRs that may be reached beside public addresses: OUTBOUND_ALLOW. */
  readonly allow: readonly string[]
  /** Exact origins (`http://127.0.0.1:8080`) that the owner named in the environment: reached without a check. */
  readonly trustedOrigins: readonly string[]
  /** How names become addresses; the system's resolver by default. */
  readonly lookup?: Lookup
}

export type GuardedFetchService = GuardedFetch & {
  /** Cuts the connections that are open. */
  close(): Promise<void>
}

const HEADERS_TIMEOUT_MS = 60_000
const BODY_IDLE_TIMEOUT_MS = 60_000
const MAX_HEADER_BYTES = 16 * 1024

/**
 * A `fetch` for addresses that somebody gave us. It reaches public addresses, and the others only where the rules
 * name them: otherwise `PermanentError` with code `outbound-refused`. The check holds for every hop of a redirect,
 * for every spelling of an address, and for names whose address changes between check and connection.
 */
export function guardedFetch(rules: OutboundRules): GuardedFetchService {
  const agent = new Agent({
    connect: guardedConnector({ lookup: (hostname) => lookup(hostname, { all: true }), ...rules }),
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_IDLE_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  })
  const guarded: GuardedFetch = async (url, init = {}) => {
    const target = checkedUrl(url)
    try {
      return await fetch(target, { ...init, dispatcher: agent })
    } catch (error) {
      throw refusalWithin(error) ?? error
    }
  }
  return Object.assign(guarded, { close: () => agent.destroy() })
}

function checkedUrl(text: string | URL): URL {
  const url = URL.parse(String(text))
  if (url === null) throw refused('the address is no URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(`${url.protocol} is neither http nor https`)
  if (url.username !== '' || url.password !== '') {
    throw refused(`the address on ${url.host} carries a user name or password; send them as a header instead`)
  }
  return url
}

function refused(message: string): PermanentError {
  return new PermanentError(message, {
    code: 'outbound-refused',
    remedy: 'Correct the address: it must be http or https, without user name and password.',
  })
}

/** `fetch` wraps what the connector threw, once or twice. */
function refusalWithin(error: unknown): AftercallError | undefined {
  if (error instanceof AftercallError) return error
  return error instanceof Error && error.cause !== undefined ? refusalWithin(error.cause) : undefined
}
