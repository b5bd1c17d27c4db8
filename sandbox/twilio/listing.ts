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
    .sort((one, other) => other.startedAt.getTime() - one.startedAt.getTime())
  const pageSize = Math.min(MAX_PAGE_SIZE, Math.max(1, Number(query.get('PageSize') ?? DEFAULT_PAGE_SIZE)))
  const page = Math.max(0, Number(query.get('Page') ?? 0))
  const start = page * pageSize
  const shown = matching.slice(start, start + pageSize)
  const uriOf = (number: number) => {
    const parameters = new URLSearchParams(query)
    parameters.set('PageSize', String(pageSize))
    parameters.set('Page', String(number))
    // The real one holds a token here; clients pass it on without looking.
    if (number > 0) parameters.set('PageToken', `PAPAGE${number}`)
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
  const date = recording.startedAt.toUTCString().replace('GMT', '+0000')
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    call_sid: recording.callSid,
    conference_sid: null,
    channels: recording.channels,
    date_created: date,
    date_updated: date,
    start_time: date,
    duration: String(Math.round(recording.durationSec)),
    sid: recording.sid,
    source: recording.source,
    status: 'completed',
    error_code: null,
    price: null,
    price_unit: 'USD',
    encryption_details: null,
    media_url: `https://api.twilio.com${uri}`,
    uri: `${uri}.json`,
    subresource_uris: {},
  }
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
