/**
 * What Twilio does with a callback that fails, in the fragment of its URL, which is neither sent nor signed: up to
 * five more tries after a 5xx, a timeout or a connection that fails. Without it there is one, and not after a 5xx.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
const TRY_AGAIN = '#rc=5&rp=5xx,ct,rt'

/** The address of a route as we hand it out to Twilio. */
export function callbackUrl(publicUrl: string, route: string): string {
  return `${publicUrl}${route}${TRY_AGAIN}`
}

/** The address of a socket: without a fragment or a query, which streams refuse (error 31920). */
export function socketUrl(publicUrl: string, route: string): string {
  return `${publicUrl.replace(/^http/, 'ws')}${route}`
}
