import type { ByteRange, GuardedFetch } from 'aftercall'
import { type Account, authorizations, type RecordingAddress, recordingUrl } from './account.ts'
import { refusal } from './refusal.ts'
import { askTwilio, discard } from './request.ts'

/** Every channel by itself, or all mixed into one, which is all there is of a recording of one channel. */
export type Channels = 'separate' | 'mixed'

export interface MediaRequest {
  readonly address: RecordingAddress
  readonly channels: Channels
  readonly range?: ByteRange | undefined
  /** The ETag that the whole must still have for the range to be answered; otherwise all of it comes. */
  readonly ifRange?: string | undefined
  readonly attempt: number
  readonly signal: AbortSignal | undefined
}

/** Twilio: "Requested channels is invalid", because the recording has one. */
const ONE_CHANNEL_ONLY = 16113
const MAX_REFUSAL_BYTES = 64 * 1024

/** The recordings of an account, as Twilio's REST API serves them. */
export interface TwilioRecordings {
  /**
   * The media as WAV, with the channels that it really has: asked for separate ones, a recording of one channel is
   * fetched mixed. The response is 200 or 206; its body must be read or cancelled. Other answers are thrown, see
   * `refusal`.
   */
  media(request: MediaRequest): Promise<{ readonly response: Response; readonly channels: Channels }>
  /** Erases the recording at Twilio; one that is gone already is no error. */
  erase(address: RecordingAddress, signal?: AbortSignal): Promise<void>
}

export function twilioRecordings(fetch: GuardedFetch, account: Account): TwilioRecordings {
  return {
    async media(request) {
      const response = await getMedia(fetch, account, request)
      if (response.ok) return { response, channels: request.channels }
      const code = await refusalCode(response)
      if (request.channels === 'separate' && response.status === 400 && code === ONE_CHANNEL_ONLY) {
        return await this.media({ ...request, channels: 'mixed' })
      }
      throw refusal(response, request.address, request.attempt)
    },
    async erase(address, signal) {
      const response = await askTwilio(fetch, {
        method: 'DELETE',
        url: `${recordingUrl(account, address)}.json`,
        authorizations: authorizations(account, address),
        signal,
      })
      await discard(response)
      if (!response.ok && response.status !== 404) throw refusal(response, address, 1)
    },
  }
}

function getMedia(
  fetch: GuardedFetch,
  account: Account,
  { address, channels, range, ifRange, signal }: MediaRequest,
): Promise<Response> {
  const query = channels === 'separate' ? '?RequestedChannels=2' : ''
  return askTwilio(fetch, {
    method: 'GET',
    url: `${recordingUrl(account, address)}.wav${query}`,
    authorizations: authorizations(account, address),
    ...(range && {
      headers: { Range: `bytes=${range.start}-${range.end ?? ''}`, ...(ifRange && { 'If-Range': ifRange }) },
    }),
    signal,
  })
}

/** The error code in a refusal, which is XML for media. The body is read to a limit and freed. */
async function refusalCode(response: Response): Promise<number | undefined> {
  let text = ''
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('latin1')
      if (text.length > MAX_REFUSAL_BYTES) break
    }
  } catch {
    // The status is known, and tells more than a refusal that broke off.
  }
  const code = /<Code>(\d+)<\/Code>/.exec(text)?.[1] ?? /"code":\s*(\d+)/.exec(text)?.[1]
  return code === undefined ? undefined : Number(code)
}
