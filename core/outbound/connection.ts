import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { PermanentError } from '../contracts/index.ts'
import { isPublic, parseAllowances } from './address.ts'

/** All addresses of a host name. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>

export interface ConnectionRules {
  readonly allow: readonly string[]
  /** Origins that are reached without a check. */
  readonly trustedOrigins: readonly string[]
  readonly lookup: Lookup
}

const CONNECT_TIMEOUT_MS = 10_000

/**
 * Opens connections for undici, for every hop of every request. The check stands here because only here the address
 * is known: a literal in the URL is never looked up, and a name may have another address a moment after one looked.
 * What has been checked is what is connected to. TLS still verifies against the host name.
 */
export function guardedConnector(rules: ConnectionRules): buildConnector.connector {
  const allowances = parseAllowances(rules.allow)
  const trusted = new Set(rules.trustedOrigins)
  const mayReach = (address: string) => isPublic(address) || allowances.hasAddress(address)
  const connectFreely = connector(rules.lookup)
  const connectChecked = connector(async (hostname) => {
    const addresses = await rules.lookup(hostname)
    const refused = addresses.find(({ address }) => !mayReach(address))
    if (refused !== undefined) throw refusal(`${hostname} (${refused.address})`)
    return addresses
  })

  return (options, callback) => {
    const host = options.hostname
    if (trusted.has(originOf(options)) || allowances.hasHost(host)) return connectFreely(options, callback)
    if (isIP(host) !== 0 && !mayReach(host)) return callback(refusal(host), null)
    connectChecked(options, callback)
  }
}

/** A connector that asks `lookup`, and connects to one of the addresses that it gave. */
function connector(lookup: Lookup): buildConnector.connector {
  const lookupFunction: LookupFunction = (hostname, options, callback) => {
    lookup(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (first === undefined) return callback(new Error(`${hostname} has no address`), '')
        if (options.all === true) return callback(null, [...addresses])
        callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''),
    )
  }
  // Typed as either kind of socket option; `lookup` belongs to TCP.
  return buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: lookupFunction })
}

function originOf({ protocol, hostname, port }: buildConnector.Options): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname
  return new URL(`${protocol}//${host}:${port || defaultPort(protocol)}`).origin
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80'
}

function refusal(target: string): PermanentError {
  return new PermanentError(`${target} is no public address, and OUTBOUND_ALLOW does not name it`, {
    code: 'outbound-refused',
  })
}
