import { randomBytes } from 'node:crypto'
import { text as textOf } from 'node:stream/consumers'
import Router from '@koa/router'
import type { Context } from 'koa'
import { type NewCall, rfc2822 } from './calls.ts'
import { notFound, TwilioRefusal } from './refusal.ts'

/** A recording of a call that is on, begun by a request. */
export interface BegunRecording {
  readonly sid: string
  readonly callSid: string
  /** What was asked for: `RecordingChannels`, `RecordingStatusCallback`, … */
  readonly form: URLSearchParams
}

export interface CallRecordingsOf {
  /** `/2010-04-01/Accounts/AC…` */
  readonly base: string
  readonly accountSid: string
  readonly calls: ReadonlyMap<string, NewCall>
  /** Those that have begun; more are added. */
  readonly begun: BegunRecording[]
  readonly admit: (context: Context) => Promise<unknown>
}

/** Beginning and listing the recordings of a call: https://www.twilio.com/docs/voice/api/recording */
export function callRecordings({ base, accountSid, calls, begun, admit }: CallRecordingsOf): Router {
  const router = new Router()
  const path = `${base}/Calls/:callSid/Recordings.json`

  router.get(path, async (context) => {
    await admit(context)
    const recordings = begun.filter(({ callSid }) => callSid === context.params.callSid)
    context.body = { recordings: recordings.map(resource), page: 0, page_size: 50, next_page_uri: null }
  })
  router.post(path, async (context) => {
    await admit(context)
    const callSid = context.params.callSid ?? ''
    const call = calls.get(callSid)
    if (call === undefined) throw notFound(context.path)
    if (call.status !== 'in-progress') {
      throw new TwilioRefusal(400, 21220, 'Unable to create record. Call is not in-progress.')
    }
    // As the real one, it takes a second recording of the same call.
    const recording = {
      sid: `RE${randomBytes(16).toString('hex')}`,
      callSid,
      form: new URLSearchParams(await textOf(context.req)),
    }
    begun.push(recording)
    context.status = 201
    context.body = resource(recording)
  })
  return router

  function resource({ sid, callSid, form }: BegunRecording): unknown {
    return {
      account_sid: accountSid,
      api_version: '2010-04-01',
      call_sid: callSid,
      channels: form.get('RecordingChannels') === 'dual' ? 2 : 1,
      duration: null,
      error_code: null,
      sid,
      source: 'StartCallRecordingAPI',
      start_time: rfc2822(new Date(0)),
      status: 'in-progress',
      track: form.get('RecordingTrack') ?? 'both',
      uri: `${base}/Calls/${callSid}/Recordings/${sid}.json`,
    }
  }
}
