import Router from '@koa/router'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Counts } from '../store/counts.ts'
import type { Store } from '../store/store.ts'
import { requireToken } from './token.ts'

export interface MetricsOptions {
  readonly store: Pick<Store, 'counts'>
  readonly adminToken: string
}

/**
 * `GET /metrics` in Prometheus’ format, behind the token. Everything is counted in the database when it is asked for:
 * it holds for all processes, workers without a server included.
 */
export function metricsRouter({ store, adminToken }: MetricsOptions): Router {
  const router = new Router({ sensitive: true, strict: true })
  router.get('/metrics', requireToken(adminToken), async (context) => {
    const registry = registryOf(await store.counts())
    context.body = await registry.metrics()
    context.set('Content-Type', registry.contentType)
  })
  return router
}

function registryOf(counts: Counts): Registry {
  const registry = new Registry()
  const byStatus = (name: string, help: string, numbers: Readonly<Record<string, number>>) => {
    const gauge = new Gauge({ name, help, labelNames: ['status'], registers: [registry] })
    for (const [status, number] of Object.entries(numbers)) gauge.set({ status }, number)
  }
  const total = (name: string, help: string, number: number) => {
    new Counter({ name, help, registers: [registry] }).inc(number)
  }
  byStatus('aftercall_calls', 'Calls by their status.', counts.calls)
  byStatus('aftercall_runs_open', 'Runs that are not settled, by their status.', counts.runs)
  byStatus('aftercall_deliveries', 'Deliveries by their status.', counts.deliveries)
  new Gauge({ name: 'aftercall_workers', help: 'Workers that are alive.', registers: [registry] }).set(counts.workers)
  total('aftercall_recordings_deleted_at_twilio_total', 'Recordings deleted at Twilio.', counts.deletedAtTwilio)
  total('aftercall_recordings_erased_total', 'Recordings erased here.', counts.erased)
  return registry
}
