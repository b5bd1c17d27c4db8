import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Router from '@koa/router'
import { expect } from 'chai'
import { metricsRouter } from '../../core/api/metrics.ts'
import { apiRouter } from '../../core/api/router.ts'
import { operationsOf } from '../../core/engine/operations.ts'
import { inProcessQueue } from '../../core/queue/in-process.ts'
import { openStore } from '../../core/store/store.ts'
import { testServices } from '../../core/testing/services.ts'
import { planOf } from '../support/plans.ts'
import { MIGRATIONS } from '../support/stores.ts'

describe('docs/api.md', () => {
  it('has every route, and no other', async () => {
    const text = await readFile(join(import.meta.dirname, '../../docs/api.md'), 'utf8')
    const told = [...text.matchAll(/^\| `(GET|POST) ([^?`]+)/gm)].map(([, method, path]) => `${method} ${path}`)
    expect(told).to.have.members(await routes())
  })
})

async function routes(): Promise<readonly string[]> {
  const store = openStore({ address: { kind: 'sqlite', file: ':memory:' }, migrations: MIGRATIONS })
  const queue = inProcessQueue()
  const plan = () => planOf([])
  const { media } = testServices()
  const adminToken = 'a-token'
  const operations = operationsOf(store, queue, plan)
  const api = apiRouter({ store, queue, plan, adminToken, operations, media })
  await store.close()
  return [...pathsOf(api), ...pathsOf(metricsRouter({ store, adminToken }))]
}

function pathsOf(router: Router): readonly string[] {
  return router.stack.flatMap(({ methods, path }) =>
    methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${String(path)}`),
  )
}
