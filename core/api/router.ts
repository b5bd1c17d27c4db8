import Router from '@koa/router'
import type { Middleware } from 'koa'
import { Type } from 'typebox'
import { AftercallError, type Media } from '../contracts/index.ts'
import type { Plan } from '../pipeline/plan.ts'
import type { Queue } from '../queue/queue.ts'
import type { CallPage, CallQuery } from '../store/calls.ts'
import { CALL_LOG_STATUSES } from '../store/state.ts'
import type { Store } from '../store/store.ts'
import { answerAudio } from './audio.ts'
import { callView } from './call-view.ts'
import type { Operations } from './operations.ts'
import { pipelineView } from './pipeline-view.ts'
import { bodyOf, CallSid, DeliveryId, Limit, object, pathOf, queryOf, RecordingSid } from './request.ts'
import { requireToken } from './token.ts'

export interface ApiOptions {
  readonly store: Store
  readonly queue: Queue
  /** The pipeline in force. */
  readonly plan: () => Plan
  readonly adminToken: string
  readonly operations: Operations
  /** Where recordings are kept. */
  readonly media: Media
}

const callPath = pathOf(object({ callSid: CallSid }))
const callQuery = queryOf(object({ recording: Type.Optional(RecordingSid) }))
const callsQuery = queryOf(
  object({
    limit: Limit,
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    q: Type.Optional(Type.String({ maxLength: 200 })),
    status: Type.Optional(Type.Enum([...CALL_LOG_STATUSES])),
  }),
)
const rerunBody = bodyOf(object({ from: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9-]{0,99}$' })) }))
const deliveryPath = pathOf(object({ id: DeliveryId }))
const deliveriesQuery = queryOf(
  object({
    limit: Limit,
    before: Type.Optional(DeliveryId),
    status: Type.Optional(Type.Enum(['pending', 'running', 'waiting', 'done', 'skipped', 'failed'])),
  }),
)

/** The JSON API for people and the dashboard. All of it is behind the token. */
export function apiRouter({ store, queue, plan, adminToken, operations, media }: ApiOptions): Router {
  // Exact paths only: the token is asked for by the routes themselves, and there is one way to write each.
  const router = new Router({ prefix: '/api', sensitive: true, strict: true })
  router.use(requireToken(adminToken))
  router.use(databaseErrors(store))

  router.get('/calls', async (context) => {
    context.body = await listCalls(store, callsQuery(context))
  })

  router.get('/calls/:callSid', async (context) => {
    const { call, run } = await findCall(store, callPath(context).callSid, callQuery(context).recording)
    context.body = callView(call, run)
  })

  router.get('/calls/:callSid/audio', async (context) => {
    const { run } = await findCall(store, callPath(context).callSid, callQuery(context).recording)
    await answerAudio(context, media, run)
  })

  router.post('/calls/:callSid/rerun', async (context) => {
    const { callSid } = callPath(context)
    const { runId } = await operations.rerun(callSid, await rerunBody(context))
    context.status = 202
    context.body = { run: { id: runId } }
  })

  router.post('/calls/:callSid/cancel', async (context) => {
    const { callSid } = callPath(context)
    await operations.cancel(callSid)
    context.status = 202
    context.body = { call_sid: callSid }
  })

  router.get('/deliveries', async (context) => {
    const { limit, ...query } = deliveriesQuery(context)
    const found = await store.listDeliveries({ ...query, limit: limit + 1 })
    const deliveries = found.slice(0, limit)
    context.body = { deliveries, next: found.length > limit ? (deliveries.at(-1)?.id ?? null) : null }
  })

  router.post('/deliveries/:id/retry', async (context) => {
    const { id } = deliveryPath(context)
    await store.retryDelivery(id)
    queue.wake()
    context.status = 202
    context.body = { delivery: { id } }
  })

  router.get('/pipeline', (context) => {
    context.body = pipelineView(plan())
  })

  router.get('/workers', async (context) => {
    const workers = await store.workers()
    context.body = {
      workers: workers.map(({ id, host, pid, startedAt, heartbeatAt, runs }) => ({
        id,
        host,
        pid,
        started_at: startedAt,
        heartbeat_at: heartbeatAt,
        runs,
      })),
    }
  })

  return router
}

/** Tells "the database does not answer" from faults of ours: what else would have failed fails now, too. */
function databaseErrors(store: Store): Middleware {
  return async (_context, next) => {
    try {
      await next()
    } catch (error) {
      if (!(error instanceof AftercallError)) await store.check()
      throw error
    }
  }
}

async function listCalls(store: Store, query: CallQuery): Promise<CallPage> {
  try {
    return await store.listCalls(query)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new AftercallError('query/cursor is no cursor of ours', { code: 'bad-request', cause: error })
  }
}

async function findCall(store: Store, callSid: string, recordingSid: string | undefined) {
  const found = await store.findCall(callSid, recordingSid)
  if (found === undefined) throw new AftercallError(`there is no call ${callSid}`, { code: 'not-found' })
  if (recordingSid !== undefined && found.run === null) {
    throw new AftercallError(`the call has no run over ${recordingSid}`, { code: 'not-found' })
  }
  return found
}
