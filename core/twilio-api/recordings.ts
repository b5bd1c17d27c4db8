import { PermanentError } from '../contracts/index.ts'
import type { TwilioAccount } from './account.ts'
import { isObject, unusable } from './answer.ts'
import { askTwilio, type TwilioApiOptions } from './request.ts'

/** One resource as Twilio's JSON has it: what is not text or a number is left out. */
export type Resource = Readonly<Record<string, string>>

/** What the core asks of Twilio's REST API. Errors as `askTwilio` throws them. */
export interface TwilioApi {
  readonly account: TwilioAccount
  /** Recordings that were made since then, the newest first, page by page. */
  recordingsSince(since: Date, signal: AbortSignal): AsyncIterable<readonly Resource[]>
  /** Undefined: Twilio has no such call (any more). */
  call(accountSid: string, callSid: string, signal: AbortSignal): Promise<Resource | undefined>
  /** One that is gone already is no error. */
  deleteRecording(accountSid: string, recordingSid: string, signal: AbortSignal): Promise<void>
}

const PAGE_SIZE = 200

/** https://www.twilio.com/docs/voice/api/recording, https://www.twilio.com/docs/voice/api/call-resource */
export function twilioApi(options: TwilioApiOptions & { readonly pageSize?: number }): TwilioApi {
  const { account, pageSize = PAGE_SIZE } = options
  const base = (accountSid: string) => `/2010-04-01/Accounts/${accountSid}`
  return {
    account,
    async *recordingsSince(since, signal) {
      const listPath = `${base(account.accountSid)}/Recordings.json`
      // Twilio documents whole seconds only.
      const from = since.toISOString().replace(/\.\d+/, '')
      const query = new URLSearchParams({ 'DateCreated>': from, PageSize: String(pageSize) })
      let path: string | undefined = `${listPath}?${query}`
      while (path !== undefined) {
        const page: RecordingPage = await askTwilio(options, { method: 'GET', path, signal, read: pageOf(listPath) })
        yield page.recordings
        path = page.next
      }
    },
    call(accountSid, callSid, signal) {
      const path = `${base(accountSid)}/Calls/${callSid}.json`
      return askTwilio(options, { method: 'GET', path, signal, read: resourceOf })
    },
    async deleteRecording(accountSid, recordingSid, signal) {
      const path = `${base(accountSid)}/Recordings/${recordingSid}.json`
      await askTwilio(options, { method: 'DELETE', path, signal, read: async (response) => response.body?.cancel() })
    },
  }
}

interface RecordingPage {
  readonly recordings: readonly Resource[]
  readonly next: string | undefined
}

/** The address of the next page comes from Twilio, and is followed only within the list that was asked for. */
function pageOf(listPath: string): (response: Response) => Promise<RecordingPage> {
  return async (response) => {
    if (response.status === 404) {
      throw new PermanentError('Twilio knows no such account', { code: 'provider-credentials' })
    }
    const body: unknown = await response.json()
    if (!isObject(body) || !Array.isArray(body['recordings'])) throw unusable('a list of recordings')
    const next = body['next_page_uri'] ?? undefined
    if (next !== undefined && (typeof next !== 'string' || !next.startsWith(`${listPath}?`))) {
      throw unusable('the address of a page')
    }
    return { recordings: body['recordings'].filter(isObject).map(resource), next }
  }
}

async function resourceOf(response: Response): Promise<Resource | undefined> {
  if (response.status === 404) {
    await response.body?.cancel()
    return undefined
  }
  const body: unknown = await response.json()
  if (!isObject(body)) throw unusable('a resource')
  return resource(body)
}

function resource(body: Readonly<Record<string, unknown>>): Resource {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
      .map(([name, value]) => [name, String(value)]),
  )
}
