/** The account that Aftercall works for, and the tokens that may be its own. */
export interface TwilioAccount {
  readonly accountSid: string
  /** One, or two while rotating. Never empty. */
  readonly authTokens: readonly string[]
  /** Without a trailing slash. */
  readonly apiUrl: string
}

/** The values of `Authorization` to try, in order. */
export function authorizations({ accountSid, authTokens }: TwilioAccount): readonly string[] {
  return authTokens.map((token) => `Basic ${Buffer.from(`${accountSid}:${token}`).toString('base64')}`)
}

/** An account, where the configuration names one and a token of it. */
export function accountOf(configured: {
  readonly accountSid: string | undefined
  readonly authTokens: readonly string[]
  readonly apiUrl: string
}): TwilioAccount | undefined {
  const { accountSid, authTokens, apiUrl } = configured
  return accountSid === undefined || authTokens.length === 0 ? undefined : { accountSid, authTokens, apiUrl }
}
