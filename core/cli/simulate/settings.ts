import type { Configuration } from '../../configuration.ts'
import { AftercallError } from '../../contracts/index.ts'

/** What a simulated call needs of the configuration that the server has, too. */
export interface Settings {
  /** Where the server really listens. */
  readonly server: string
  /** What callbacks are signed over; where it is unset the server refuses them, and says so. */
  readonly publicUrl: string | undefined
  readonly accountSid: string
  readonly authToken: string
  /** Where the server fetches recordings: a port of this machine. */
  readonly mediaPort: number
}

/** Throws `bad-configuration` with the lines that are missing in `.env`. */
export function simulationSettings({ twilio, publicUrl }: Configuration, server: string): Settings {
  const { accountSid, authTokens } = twilio
  const [authToken] = authTokens
  const mediaPort = portHere(twilio.apiUrl)
  if (accountSid !== undefined && authToken !== undefined && mediaPort !== undefined) {
    return { server, publicUrl, accountSid, authToken, mediaPort }
  }
  const missing: readonly string[] = [
    ...(accountSid === undefined ? [`TWILIO_ACCOUNT_SID=AC${'0'.repeat(32)}`] : []),
    ...(authToken === undefined ? ['TWILIO_AUTH_TOKEN=simulated'] : []),
    ...(mediaPort === undefined ? ['TWILIO_API_URL=http://127.0.0.1:4010'] : []),
    ...(publicUrl === undefined ? [`PUBLIC_URL=${server}`] : []),
  ]
  throw new AftercallError(
    mediaPort === undefined
      ? `the server would fetch the recording from ${twilio.apiUrl}, and not from here`
      : 'callbacks cannot be signed: the account or its token is not set',
    {
      code: 'bad-configuration',
      remedy: `Put into .env, and start the server again (not one that real calls reach):\n${missing.map((line) => `  ${line}`).join('\n')}`,
    },
  )
}

/** The port, where the address is one that the pretended Twilio can have: plain HTTP on IPv4 loopback, and no path. */
function portHere(address: string): number | undefined {
  const { protocol, hostname, port, pathname } = new URL(address)
  const isHere = protocol === 'http:' && (hostname === '127.0.0.1' || hostname === 'localhost') && pathname === '/'
  return isHere ? Number(port || '80') : undefined
}
