import { isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Where IPv6 hands out addresses of the public internet; `::/96`, mapped, translated and site-local lie outside. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** What the owner allows beside public addresses: exact host names, addresses, CIDRs. */
export interface Allowances {
  hasHost(host: string): boolean
  hasAddress(address: string): boolean
}

export function parseAllowances(entries: readonly string[]): Allowances {
  const hosts = new Set<string>()
  const networks: Array<[Address, number]> = []
  for (const entry of entries) {
    const network = parseNetwork(entry)
    if (network === undefined) hosts.add(entry.toLowerCase())
    else networks.push(network)
  }
  return {
    hasHost: (host) => hosts.has(host.toLowerCase()),
    hasAddress: (text) => {
      const address = parseAddress(text)
      return address !== undefined && networks.some((network) => contains(network, address))
    },
  }
}

/** Whether an address belongs to the public internet. Anything that is no address does not. */
export function isPublic(text: string): boolean {
  const address = parseAddress(text)
  if (address === undefined || address.range() !== 'unicast') return false
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST)
}

/**
 * Mapped IPv4 (`::ffff:127.0.0.1`) is taken for the IPv4 that it reaches. IPv6 is spelled in hex first: ipaddr.js
 * takes `::8.8.8.8`, which resolvers print for an address of `::/96`, for a mapped one.
 */
function parseAddress(text: string): Address | undefined {
  const spelled = isIPv6(text) ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) : text
  return spelled !== undefined && ipaddr.isValid(spelled) ? ipaddr.process(spelled) : undefined
}

function parseNetwork(entry: string): [Address, number] | undefined {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry)
  if (ipaddr.IPv4.isValidFourPartDecimal(entry)) return [ipaddr.IPv4.parse(entry), 32]
  return ipaddr.IPv6.isValid(entry) ? [ipaddr.IPv6.parse(entry), 128] : undefined
}

function contains([network, bits]: [Address, number], address: Address): boolean {
  if (network instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(network, bits)
  return address instanceof ipaddr.IPv6 && address.match(network, bits)
}
