import Router from '@koa/router'
import type { Context } from 'koa'
import { type BegunRecording, callRecordings } from './call-recordings.ts'
import { callResource, type NewCall } from './calls.ts'
import { credentialsOf, type SandboxAccount } from './credentials.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { Fault, FaultBox, Route } from './faults.ts'
import { listPage, recordingResource } from './listing.ts'
import { mediaFile, meet, sendFaulty, sendFile } from './media.ts'
import type { KeptRecording } from './recordings.ts'
import { notFound, unauthenticated } from './refusal.ts'

export interface RoutesOf {
  readonly account: SandboxAccount
  readonly recordings: Map<string, KeptRecording>
  readonly calls: ReadonlyMap<string, NewCall>
  readonly begun: BegunRecording[]
  readonly faults: FaultBox
  readonly elsewhere: Elsewhere
}

const API = '/2010-04-01/Accounts'

/** The part of the REST API that is about recordings: https://www.twilio.com/docs/voice/api/recording */
export function routes({ account, recordings, calls, begun, faults, elsewhere }: RoutesOf): Router {
  const { accountSid } = account
  const router = new Router()

  router.get(`${API}/${accountSid}.json`, async (context) => {
    await admit(context, 'account')
    context.body = { sid: accountSid, friendly_name: 'Sandbox', status: 'active', type: 'Full' }
  })
  router.get(`${API}/${accountSid}/Calls/:name`, async (context) => {
    await admit(context, 'call')
    const sid = context.params.name?.replace(/\.json$/, '') ?? ''
    const call = calls.get(sid)
    if (call === undefined) throw notFound(context.path)
    context.body = callResource(sid, call, accountSid)
  })
  router.get(`${API}/${accountSid}/Recordings.json`, async (context) => {
    await admit(context, 'list')
    context.body = listPage([...recordings.values()], accountSid, context.path, context.URL.searchParams)
  })
  router.get(`${API}/${accountSid}/Recordings/:name`, async (context) => {
    const [sid = '', extension = 'wav'] = context.params.name?.split('.', 2) ?? []
    if (extension === 'json') {
      await admit(context, 'list')
      context.body = recordingResource(find(context, sid), accountSid)
    } else await serveMedia(context, sid, extension)
  })
  router.delete(`${API}/${accountSid}/Recordings/:name`, async (context) => {
    await admit(context, 'delete')
    recordings.delete(find(context, context.params.name?.replace(/\.json$/, '')).sid)
    context.status = 204
  })
  const begin = { accountSid, calls, begun, admit: (context: Context) => admit(context, 'begin') }
  router.use(callRecordings({ base: `${API}/${accountSid}`, ...begin }).routes())
  return router

  async function serveMedia(context: Context, sid: string, extension: string): Promise<void> {
    const fault = await admit(context, 'media', sid)
    const recording = find(context, sid)
    if (fault?.kind === 'not-ready' || !recording.isReady()) throw notFound(context.path)
    const file = await mediaFile(recording, extension, context.URL.searchParams.get('RequestedChannels') ?? undefined)
    if (fault?.kind === 'redirect') {
      const { path, url } = elsewhere.offer(file)
      context.status = 307
      context.redirect(fault.to === 'same-origin' ? path : url)
    } else if (fault === undefined) sendFile(context, file)
    else await sendFaulty(context, file, fault)
  }

  /** The fault of this route that spoils the answer, once the credentials are found right. */
  async function admit(context: Context, route: Route, recordingSid?: string): Promise<Fault | undefined> {
    const fault = await meet(context, faults.take(route, recordingSid))
    if (credentialsOf(context, account) !== 'right') throw unauthenticated()
    return fault
  }

  function find(context: Context, sid: string | undefined): KeptRecording {
    const recording = recordings.get(sid ?? '')
    if (recording === undefined) throw notFound(context.path)
    return recording
  }
}
