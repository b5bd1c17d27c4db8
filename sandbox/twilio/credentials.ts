import type { Context } from 'koa'

/** The account that a sandbox plays. */
export interface SandboxAccount {
  readonly accountSid: string
  readonly authToken: string
}

export type Credentials = 'none' | 'right' | 'wrong'

/** What a request's Basic auth is worth. */
export function credentialsOf(context: Context, { accountSid, authToken }: SandboxAccount): Credentials {
  const given = context.get('Authorization')
  if (given === '') return 'none'
  return given === `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` ? 'right' : 'wrong'
}
