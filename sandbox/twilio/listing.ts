import { rfc2822 } from './calls.ts'
import type { KeptRecording } from './recordings.ts'

/** Twilio's own limits: https://www.twilio.com/docs/usage/twilios-response#pagination */
const DEFAULT_PAGE_SIZE = 50
const MAX_PAGE_SIZE = 1_000

/** `GET …/Recordings.json`: the newest first, a page at a time, as the `twilio` client walks it. */
export function listPage(
  recordings: readonly KeptRecording[],
  accountSid: string,
  path: string,
  query: URLSearchParams,
): unknown {
  const matching = recordings
    .filter((recording) => matches(recording, query))
    .sort((one, other) => other.startedAt.getTime() - one.startedAt.getTime() || (one.sid < other.sid ? 1 : -1))
  const pageSize = Math.min(MAX_PAGE_SIZE, Math.max(1, Number(query.get('PageSize') ?? DEFAULT_PAGE_SIZE)))
  const page = Math.max(0, Number(query.get('Page') ?? 0))
  const start = afterAnchor(matching, query.get('PageToken')) ?? page * pageSize
  const shown = matching.slice(start, start + pageSize)
  const uriOf = (number: number) => {
    const parameters = new URLSearchParams(query)
    parameters.set('PageSize', String(pageSize))
    parameters.set('Page', String(number))
    // As the real one, a page goes on after the last one shown, however many have come before it meanwhile.
    const last = number > page ? shown.at(-1) : undefined
    if (last === undefined) parameters.delete('PageToken')
    else parameters.set('PageToken', `PA${last.startedAt.getTime()}.${last.sid}`)
    return `${path}?${parameters}`
  }
  return {
    recordings: shown.map((recording) => recordingResource(recording, accountSid)),
    page,
    page_size: pageSize,
    start,
    end: Math.max(start, start + shown.length - 1),
    uri: uriOf(page),
    first_page_uri: uriOf(0),
    next_page_uri: start + pageSize < matching.length ? uriOf(page + 1) : null,
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
  }
}

/** One recording as the REST API shows it. */
export function recordingResource(recording: KeptRecording, accountSid: string): unknown {
  const uri = `/2010-04-01/Accounts/${accountSid}/Recordings/${recording.sid}`
  const date = rfc2822(recording.startedAt)
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    call_sid: recording.callSid,
    conference_sid: null,
    channels: recording.channels,
    date_created: date,
    date_updated: date,
    start_time: date,
    duration: recording.status === 'completed' ? String(Math.round(recording.durationSec)) : '-1',
    sid: recording.sid,
    source: recording.source,
    status: recording.status,
    error_code: null,
    price: null,
    price_unit: 'USD',
    encryption_details: null,
    media_url: `https://api.twilio.com${uri}`,
    uri: `${uri}.json`,
    subresource_uris: {},
  }
}

/** Where the page begins that its token names: after the last one shown, which may be gone. */
function afterAnchor(recordings: readonly KeptRecording[], token: string | null): number | undefined {
  const [, time, lastSid = ''] = /^PA(\d+)\.(RE[0-9a-f]{32})$/i.exec(token ?? '') ?? []
  if (time === undefined) return undefined
  const isAfter = ({ startedAt, sid }: KeptRecording) =>
    startedAt.getTime() < Number(time) || (startedAt.getTime() === Number(time) && sid < lastSid)
  const index = recordings.findIndex(isAfter)
  return index === -1 ? recordings.length : index
}

/** The filters of the real list: `CallSid`, and `DateCreated` with its inequalities in the name. */
function matches(recording: KeptRecording, query: URLSearchParams): boolean {
  const callSid = query.get('CallSid')
  if (callSid !== null && callSid !== recording.callSid) return false
  const created = recording.startedAt.getTime()
  const bound = (name: string) => Date.parse(query.get(name) ?? '')
  const after = bound('DateCreated>')
  const before = bound('DateCreated<')
  return !(created < after) && !(created > before)
}
